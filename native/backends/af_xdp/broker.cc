// The XSKMAP, in which the XDP program finds the sockets, and the requests to a broker that keeps it.
#include <unistd.h>

#include <string>

#include "../../bpf/bpf.h"
#include "../../grant/plugin_socket.h"
#include "port.h"

namespace rxb::af_xdp {

namespace {

// Asks the broker to put the sockets of these queues into its XSKMAP, or to take them out.
Status AskBroker(const XskPort *port, const char *request, const std::vector<uint32_t> &queues) {
  if (queues.empty()) return {};
  std::string words = std::string(request) + "," + port->netdev.name, answer;
  for (uint32_t queue : queues) words += "," + std::to_string(queue);
  int none = -1;
  RXB_TRY(plugin_socket::Ask(port->handed.broker, words, &answer, &none));
  if (none >= 0) close(none);
  return answer == "/xsk_ack"
             ? Status{}
             : Fail(kGrant, "%s: the broker answers %s to %s", port->name, answer.c_str(), words.c_str());
}

// From the broker.
Status AskForSocket(XskQueue *queue, const XskPort *port) {
  std::string answer;
  RXB_TRY(plugin_socket::Ask(
      port->handed.broker,
      "/xsk_socket," + std::string(port->netdev.name) + "," + std::to_string(queue->index) + ",later", &answer,
      &queue->fd));
  if (queue->fd >= 0) return {};
  return Fail(kNoQueue, "%s: queue %u was not granted (%s). Grant it: npx rxburst grant %s --queue %u",
              port->netdev.name, queue->index, answer.c_str(), port->netdev.name, queue->index);
}

Status LetIn(const XskQueue *queue, const XskPort *port) {
  if (port->handed.broker >= 0) return AskBroker(port, "/xsk_attach", {queue->index});
  return bpf::UpdateElement(port->sockets_map, &queue->index, &queue->fd)
             ? FailErrno("putting an AF_XDP socket into the XSKMAP")
             : Status{};
}

void LetOut(const XskPort *port, const std::vector<uint32_t> &queues) {
  if (port->handed.broker >= 0) return static_cast<void>(AskBroker(port, "/xsk_detach", queues));
  for (uint32_t queue : queues) bpf::DeleteElement(port->sockets_map, &queue);
}

}  // namespace

}  // namespace rxb::af_xdp
