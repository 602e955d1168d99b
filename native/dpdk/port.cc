// The DPDK backend as the core sees it: its options, the names of its losses, and its functions.
#include "port.h"

#include "device.h"

namespace rxb::dpdk {

namespace {

int Descriptor(const Queue *) { return -1; }

const char *const kOptions[] = {"eal",           "mtu",           "promiscuous", "rss",      "rssKey",   "rssTable",
                                "rxDescriptors", "txDescriptors", "memory",      "segments", "isolated", nullptr};
const char *const kLossNames[] = {
#define X(name) #name,
    RXB_DPDK_LOSSES(X)
#undef X
        nullptr};

}  // namespace

extern const Backend kDpdkBackend;
const Backend kDpdkBackend = {
    .abi = kBackendAbi,
    .name = "dpdk",
    .options = kOptions,
    .losses = kLossNames,
    .open = Open,
    .make_pool = MakePool,
    .bind = Bind,
    .attach = Attach,
    .transmit = Transmit,
    .receive = Receive,
    .descriptor = Descriptor,
    .losses_of = LossesOf,
    .held = Held,
    .detach = Detach,
    .unbind = Unbind,
    .close = Close,
    .describe = Describe,
    .set_rules = SetRules,
    .count_rule = CountRule,
    .transmit_segments = TransmitSegments,
    .layer_of = LayerOf,
    .writes_ingress = WritesIngress,
    .loss = LossOf,
};

}  // namespace rxb::dpdk
