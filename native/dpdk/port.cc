// The DPDK backend as the core sees it: its options, the names of its losses, and its functions.
#include "port.h"

#include "device/device.h"

namespace rxb::dpdk {

namespace {

int Descriptor(const Queue *) { return -1; }

constexpr OptionRow kOptions[] = {
    TextRow("eal", "EAL's options, as on its command line; the first port's start it", "none"),
    NumberRow("mtu", 68, 65535, 0, "the MTU to configure, bytes", "the device's"),
    FlagRow("promiscuous", true, "take packets to other addresses too", "true; on a kernel's interface false"),
    TextRow("rss", "fields that are hashed", "ip,tcp,udp,sctp"),
    TextRow("rssKey", "the hash's key, hexadecimal digits", "the driver's"),
    TextRow("rssTable", "the queue of each hash, such as 0,1,1,0", "the queues taken, in turn"),
    NumberRow("rxDescriptors", 1, 32768, 0, "receive descriptors of a queue", "the driver's"),
    NumberRow("txDescriptors", 1, 32768, 0, "transmit descriptors of a queue", "the driver's"),
    ChoiceRow("memory", "split", "external", "own", "how packets lie in memory that DPDK uses", "by driver"),
    FlagRow("segments", false, "packets longer than a frame, in several"),
    FlagRow("isolated", true, "with steer: true wants rte_flow's isolated mode, false takes the device whole",
            "where it can be had"),
    {},
};
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
    .nic_flow = NicFlow,
    .loss = Loss,
};

}  // namespace rxb::dpdk
