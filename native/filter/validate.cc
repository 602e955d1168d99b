// What an expression may not say, because it can't mean the same in every layer that executes it.
#include "validate.h"

#include <cctype>
#include <string>

#include "meant.h"

namespace rxb::steer {
namespace {

struct Refusal {
  const char *word, *why;
};
constexpr Refusal kRefused[] = {
    {"protochain", "needs a loop, which kernels don't run in filters; name the headers instead, such as `ip6 proto 6`"},
    {"gateway", "needs a host name; use `ether host` and the address"},
    {"inbound", "asks the capturing socket for the packet's direction; everything received is inbound"},
    {"outbound", "asks the capturing socket for the packet's direction; nothing received is outbound"},
    {"ifindex", "asks the capturing socket for an interface; each port is one interface already"},
};

// The words after which a name is a service or a protocol, which libpcap looks up in local tables, not on the network.
constexpr const char *kNumberTypes[] = {"port", "portrange", "proto"};
// The words after which a name is libpcap's own business (and mostly an error on Ethernet).
constexpr const char *kOpaqueTypes[] = {"type",   "subtype", "dir",    "direction", "on",
                                        "ifname", "action",  "reason", "rset",      "ruleset"};
// The words that begin or continue a primitive.
constexpr const char *kQualifiers[] = {
    "host", "net",   "mask",  "src",  "dst",     "ether", "link", "ip",    "ip6",   "arp", "rarp", "tcp",  "udp",
    "sctp", "icmp",  "icmp6", "igmp", "igrp",    "pim",   "vrrp", "carp",  "ah",    "esp", "fddi", "tr",   "wlan",
    "ppp",  "slip",  "atalk", "aarp", "decnet",  "lat",   "sca",  "moprc", "mopdl", "iso", "clnp", "esis", "es-is",
    "isis", "is-is", "stp",   "ipx",  "netbeui", "radio", "l1",   "l2",    "iih",   "lsp", "snp",  "csnp", "psnp"};
// Words that stand by themselves.
constexpr const char *kPlain[] = {
    "and",    "or",         "not",         "less",      "greater",   "byte",    "broadcast",  "multicast", "len",
    "length", "vlan",       "mpls",        "pppoed",    "pppoes",    "geneve",  "vxlan",      "llc",       "lane",
    "metac",  "bcc",        "oam",         "oamf4",     "oamf4ec",   "oamf4sc", "sc",         "ilmic",     "vpi",
    "vci",    "connectmsg", "metaconnect", "rnr",       "rulenum",   "srnr",    "subrulenum", "fisu",      "lssu",
    "lsu",    "msu",        "hfisu",       "hlssu",     "hmsu",      "sio",     "opc",        "dpc",       "sls",
    "hsio",   "hopc",       "hdpc",        "hsls",      "ra",        "ta",      "addr1",      "addr2",     "addr3",
    "addr4",  "icmptype",   "icmpcode",    "icmp6type", "icmp6code", "tcpflags"};

template<size_t n>
bool OneOf(const std::string &word, const char *const (&list)[n]) {
  for (const char *each : list)
    if (word == each) return true;
  return false;
}

// Named constants: tcp-syn, icmp-echo, icmp6-neighborsolicit.
bool IsConstant(const std::string &word) {
  return word.rfind("tcp-", 0) == 0 || word.rfind("icmp-", 0) == 0 || word.rfind("icmp6-", 0) == 0;
}

// Numbers, and addresses of every family: hexadecimal digits joined by dots, colons, dashes, or a mask after a slash.
bool IsNumeric(const std::string &word) {
  if (word.find(':') != std::string::npos)
    return word.find_first_not_of("0123456789abcdefABCDEF:.") == std::string::npos;
  bool dotted = word.find('.') != std::string::npos, hex = word.size() > 2 && word[0] == '0' && (word[1] | 32) == 'x';
  if (hex) return word.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string::npos;
  if (word[0] == '$') return true;  // ARCnet
  if (word.find_first_not_of("0123456789.-") == std::string::npos) return true;
  // Ethernet addresses with dots or dashes between the bytes.
  return (dotted || word.find('-') != std::string::npos) && word.size() >= 11 &&
         word.find_first_not_of("0123456789abcdefABCDEF.-") == std::string::npos && isxdigit(word[0]) &&
         (word[1] == '.' || word[2] == '.' || word[1] == '-' || word[2] == '-' || word[4] == '.');
}

// Is there an instruction that reads a scratch cell which some path to it has not written? Jumps go forward.
bool ReadsUnwritten(const std::vector<sock_filter> &code) {
  std::vector<uint16_t> written(code.size() + 1, 0xffff);
  written[0] = 0;
  auto reach = [&](size_t pc, uint16_t cells) {
    if (pc < written.size()) written[pc] &= cells;
  };
  for (size_t pc = 0; pc < code.size(); pc++) {
    const sock_filter &in = code[pc];
    uint16_t cells = written[pc], kind = BPF_CLASS(in.code);
    bool load = kind == BPF_LD || kind == BPF_LDX;
    if (load && BPF_MODE(in.code) == BPF_MEM && !(cells >> (in.k & 15) & 1)) return true;
    if (kind == BPF_ST || kind == BPF_STX) cells |= 1 << (in.k & 15);
    if (kind == BPF_RET) continue;
    if (kind != BPF_JMP) {
      reach(pc + 1, cells);
    } else if (BPF_OP(in.code) == BPF_JA) {
      reach(pc + 1 + in.k, cells);
    } else {
      reach(pc + 1 + in.jt, cells);
      reach(pc + 1 + in.jf, cells);
    }
  }
  return false;
}

bool InWord(char c) {
  return isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_' || c == ':' || c == '$';
}

}  // namespace

Status ValidateWords(const char *expression) {
  enum { kHost, kNumber, kOpaque } type = kHost;
  bool after_id = false;  // a qualifier after a finished primitive begins a new one
  int brackets = 0;
  for (const char *at = expression; *at;) {
    if (*at == '[') brackets++;
    if (*at == ']') brackets--;
    bool escaped = *at == '\\';
    if (!escaped && !InWord(*at)) {
      at++;
      continue;
    }
    const char *from = escaped ? at + 1 : at;
    const char *end = from;
    while (*end && (escaped ? !strchr(" !()\n\t", *end) : InWord(*end))) end++;
    at = end == from ? from + 1 : end;
    // Inside brackets a colon and a minus are operators, and there are no names but constants.
    if (brackets > 0 || end == from) continue;
    std::string word(from, end);
    if (!escaped) {
      for (const Refusal &refusal : kRefused)
        if (word == refusal.word)
          return Fail(kSteer, "`%s` in the filter `%s` %s.", refusal.word, expression, refusal.why);
      bool number_type = OneOf(word, kNumberTypes), opaque_type = OneOf(word, kOpaqueTypes);
      if (number_type || opaque_type || OneOf(word, kQualifiers)) {
        if (after_id || word == "host" || word == "net") type = kHost;
        if (number_type) type = kNumber;
        if (opaque_type) type = kOpaque;
        after_id = false;
        continue;
      }
      if (OneOf(word, kPlain) || IsConstant(word)) continue;
      if (IsNumeric(word)) {
        after_id = true;
        continue;
      }
    }
    if (type == kHost) {
      std::string meant = Meant(word, kNumberTypes);
      if (meant.empty()) meant = Meant(word, kQualifiers);
      if (!meant.empty()) meant = " Did you mean `" + meant + "`?";
      return Fail(kSteer,
                  "`%s` in the filter `%s` is no word of the language, so it would be a host name, which may mean "
                  "another address "
                  "tomorrow. Use the address.%s",
                  word.c_str(), expression, meant.c_str());
    }
    after_id = true;
  }
  return {};
}

Status ValidateCode(const char *expression, const std::vector<sock_filter> &code) {
  for (size_t pc = 0; pc < code.size(); pc++) {
    const sock_filter &in = code[pc];
    uint16_t kind = BPF_CLASS(in.code);
    if (kind == BPF_JMP && BPF_OP(in.code) == BPF_JA && static_cast<int32_t>(in.k) < 0)
      return Fail(
          kSteer,
          "the filter `%s` needs a loop (libpcap's instruction %zu jumps back), which kernels don't run in filters.",
          expression, pc);
    bool load = (kind == BPF_LD && BPF_MODE(in.code) == BPF_ABS) || (kind == BPF_LDX && BPF_MODE(in.code) == BPF_MSH);
    if (load && static_cast<int32_t>(in.k) < 0)
      return Fail(kSteer,
                  "the filter `%s` reads at offset %d, before the packet, where kernels keep ancillary data that other "
                  "layers don't have. "
                  "Offsets count from 0.",
                  expression, static_cast<int32_t>(in.k));
    bool shift = kind == BPF_ALU && (BPF_OP(in.code) == BPF_LSH || BPF_OP(in.code) == BPF_RSH);
    if (shift && BPF_SRC(in.code) == BPF_K && in.k > 31)
      return Fail(kSteer, "the filter `%s` shifts by %u bits; 31 is the most.", expression, in.k);
  }
  // libpcap lets `geneve` move the headers for everything that is said after it, also where it didn't match.
  if (ReadsUnwritten(code))
    return Fail(kSteer,
                "the filter `%s` looks for headers inside a tunnel that some packets don't have: `%s` may be followed "
                "by `and`, but not "
                "stand under `or` or `not`.",
                expression, strstr(expression, "geneve") ? "geneve" : "the tunnel");
  return {};
}

}  // namespace rxb::steer
