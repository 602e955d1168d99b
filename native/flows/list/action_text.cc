// Writes an action's steps in words.
#include "action_text.h"

#include <arpa/inet.h>

#include <cstdarg>
#include <cstdio>

namespace rxb {

namespace {

struct Words {
  char *text;
  uint32_t length = 0;

  __attribute__((format(printf, 2, 3))) void Say(const char *format, ...) {
    va_list list;
    va_start(list, format);
    const int wrote = vsnprintf(text + length, kActionTextMax - length, format, list);
    va_end(list);
    if (wrote > 0) length += wrote;
    if (length >= kActionTextMax) length = kActionTextMax - 1;
  }
};

void SayMac(Words *words, const char *what, const uint8_t *mac, bool param) {
  if (param)
    words->Say("%s {mac}", what);
  else
    words->Say("%s %02x:%02x:%02x:%02x:%02x:%02x", what, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

void SaySetMac(Words *words, const Step &step) {
  words->Say("setMac(");
  if (step.fields & kFieldDestination) SayMac(words, "dst", step.bytes, step.param & kFieldDestination);
  if (step.fields == (kFieldDestination | kFieldSource)) words->Say(" ");
  if (step.fields & kFieldSource) SayMac(words, "src", step.bytes + 6, step.param & kFieldSource);
  words->Say(")");
}

void SayTranslation(Words *words, const char *name, const Step &step) {
  words->Say("%s(", name);
  if (step.param & kFieldIp) {
    words->Say("{ip}");
  } else if (step.fields & kFieldIp) {
    char address[INET6_ADDRSTRLEN] = "";
    inet_ntop(step.family == 6 ? AF_INET6 : AF_INET, step.bytes, address, sizeof address);
    words->Say(step.family == 6 ? "[%s]" : "%s", address);
  }
  if (step.param & kFieldPort)
    words->Say(":{port}");
  else if (step.fields & kFieldPort)
    words->Say(":%u", step.number);
  words->Say(")");
}

void SayMeter(Words *words, const Meter &meter) {
  const double rate = meter.per_ns * 1e9 * (meter.bytes ? 8 : 1);
  words->Say("meter(%.15g %s, burst %.15g)", rate, meter.bytes ? "bps" : "pps", meter.burst);
}

void SayStep(Words *words, const Action &a, const Step &step) {
  switch (step.kind) {
    case StepKind::kSetMac:
      return SaySetMac(words, step);
    case StepKind::kDnat:
      return SayTranslation(words, "dnat", step);
    case StepKind::kSnat:
      return SayTranslation(words, "snat", step);
    case StepKind::kTtl:
      return words->Say("ttl");
    case StepKind::kVlanPush:
      return step.param ? words->Say("vlanPush({tci})") : words->Say("vlanPush(%u)", step.number);
    case StepKind::kVlanPop:
      return words->Say("vlanPop");
    case StepKind::kEncap:
      return words->Say("encap(%u bytes)", step.number);
    case StepKind::kMeter:
      return SayMeter(words, a.meter);
    case StepKind::kMirror:
      return words->Say("mirror(%u)", step.number);
    case StepKind::kPeek:
      return words->Say("peek(%u)", a.peek_every);
    case StepKind::kNone:
      return;
  }
}

}  // namespace

uint32_t ActionText(const Action &a, char text[kActionTextMax]) {
  Words words{text};
  text[0] = 0;
  for (uint32_t i = 0; i < a.step_count; i++) {
    SayStep(&words, a, a.step[i]);
    words.Say(", ");
  }
  if (a.verdict == kVerdict_DROP)
    words.Say("DROP");
  else if (a.verdict == kVerdict_PASS)
    words.Say("PASS");
  else if (a.verdict == kShow)
    words.Say("SHOW");
  else
    words.Say("tx(%u)", a.verdict - kVerdict_TX);
  return words.length;
}

}  // namespace rxb
