// The table of the backend afxdp: its name, options, loss counters and functions.
#include "port.h"

namespace rxb {

namespace af_xdp {

namespace {

uint32_t Describe(Port *base, bool link_only, char *json, uint32_t size) {
  auto *port = static_cast<XskPort *>(base);
  char why[256];
  bool lost = port->lost || Loss(port, why, sizeof why) != Lost::kNone;
  return DescribeLink(lost ? 0 : port->netdev.index, link_only, json, size);
}

constexpr OptionRow kOptions[] = {
    ChoiceRow("mode", "auto", "copy", "zero-copy",
              "how packets come into the frames; one that is named is taken or refused"),
    ChoiceRow("xdp", "auto", "native", "generic", "where the XDP program runs; one that is named is taken or refused"),
    PowerOfTwoRow("ring", 64, 32768, kRingUsual, "descriptors of each ring"),
    FlagRow("promiscuous", false, "take packets to other addresses too, while the queue is bound",
            "with takeAll of every queue"),
    FlagRow("segments", false, "packets longer than a frame, in several"),
    ChoiceRow("timestamps", "kernel", "device", nullptr, "whose clock the column timestamp holds"),
    TextRow("pluginSocket", "path of the Unix socket of a process that keeps the privileges", "none"),
    TextRow("xskmap", "path of a pinned XSKMAP whose XDP program another process has attached", "none"),
    {},
};
const char *const kLosses[] = {"rx_ring_full", "rx_dropped", "rx_invalid_descs", "tx_invalid_descs", "bad_frames",
                               "rx_chained",   nullptr};

}  // namespace

}  // namespace af_xdp

extern const Backend kAfXdpBackend;
const Backend kAfXdpBackend = {
    .abi = kBackendAbi,
    .name = "afxdp",
    .options = af_xdp::kOptions,
    .losses = af_xdp::kLosses,
    .inherits = true,
    .open = af_xdp::Open,
    .bind = af_xdp::Bind,
    .attach = af_xdp::Attach,
    .reap = af_xdp::Reap,
    .transmit = af_xdp::Transmit,
    .receive = af_xdp::Receive,
    .pass = af_xdp::Pass,
    .descriptor = af_xdp::Descriptor,
    .losses_of = af_xdp::LossesOf,
    .held = af_xdp::Held,
    .detach = af_xdp::Detach,
    .unbind = af_xdp::Unbind,
    .close = af_xdp::Close,
    .describe = af_xdp::Describe,
    .set_rules = af_xdp::SetRules,
    .count_rule = af_xdp::CountRule,
    .transmit_segments = af_xdp::TransmitSegments,
    .serve = af_xdp::Serve,
    .flow_maps = af_xdp::FlowMaps,
    .flow_target = af_xdp::FlowTarget,
    .loss = af_xdp::Loss,
    .reopen = af_xdp::Reopen,
    .rebind = af_xdp::Rebind,
};

}  // namespace rxb
