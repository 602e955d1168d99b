// What a C programmer writes by hand for RULES rules `udp dst port FIRST + STEP * i`, over IPv4 and IPv6, counted per rule and
// redirected into a socket: the yardstick of `rxburst bench steer`.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
struct counters { __u64 packets, bytes, elsewhere; };
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, 256); __type(key, __u32); __type(value, struct counters); } rules SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_XSKMAP); __uint(max_entries, 8); __type(key, __u32); __type(value, __u32); } xsks SEC(".maps");
SEC("xdp") int hand(struct xdp_md *ctx) {
  void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
  struct ethhdr *eth = data;
  struct udphdr *udp;
  if ((void *)(eth + 1) > end) return XDP_PASS;
  if (eth->h_proto == bpf_htons(ETH_P_IP)) {
    struct iphdr *ip = (void *)(eth + 1);
    if ((void *)(ip + 1) > end) return XDP_PASS;
    if (ip->protocol != 17 || (ip->frag_off & bpf_htons(0x1fff))) return XDP_PASS;
    udp = (void *)ip + ip->ihl * 4;
  } else if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {
    struct ipv6hdr *ip = (void *)(eth + 1);
    if ((void *)(ip + 1) > end) return XDP_PASS;
    if (ip->nexthdr != 17) return XDP_PASS;
    udp = (void *)(ip + 1);
  } else return XDP_PASS;
  if ((void *)udp + 4 > end) return XDP_PASS;
  __u32 slot;
#define RULE(i) case bpf_htons(FIRST + STEP * (i)): slot = i; break;
  switch (udp->dest) {
    RULE(0)
#if RULES >= 8
    RULE(1) RULE(2) RULE(3) RULE(4) RULE(5) RULE(6) RULE(7)
#endif
#if RULES >= 64
#define R8(i) RULE(i) RULE(i+1) RULE(i+2) RULE(i+3) RULE(i+4) RULE(i+5) RULE(i+6) RULE(i+7)
    R8(8) R8(16) R8(24) R8(32) R8(40) R8(48) R8(56)
#endif
    default: return XDP_PASS;
  }
  int verdict = bpf_redirect_map(&xsks, ctx->rx_queue_index, XDP_PASS);
  struct counters *c = bpf_map_lookup_elem(&rules, &slot);
  if (c) {
    if (verdict == XDP_REDIRECT) { c->packets++; c->bytes += end - data; }
    else c->elsewhere++;
  }
  return verdict;
}
char _license[] SEC("license") = "GPL";
