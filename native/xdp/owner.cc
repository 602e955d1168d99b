// The one owner of an interface's XDP program in this process: the link, the XSKMAP, and the parts of its clients.
#include "owner.h"

#include <linux/if_link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "../bpf/bpf.h"
#include "../nic/netns.h"

namespace rxb::steer {
namespace {

std::vector<std::weak_ptr<Owner>> owners;

uint64_t Netns() {
  struct stat found {};
  stat(Visit::kHere, &found);
  return found.st_ino;
}

void CloseIf(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

bool Has(const std::vector<uint32_t> &queues, uint32_t queue) {
  return std::find(queues.begin(), queues.end(), queue) != queues.end();
}

// Two ports of one interface share its program, so these options are the interface's.
Status CheckAgree(const Netdev &dev, const Client &one, const Client &other) {
  for (uint32_t queue : one.queues)
    if (Has(other.queues, queue))
      return Fail(kQueueTaken,
                  "queue %u of %s belongs to another port of this process (%s, which was opened with %zu queue%s): "
                  "open each with queues "
                  "of its own, as in queues: [0] and queues: [1]",
                  queue, dev.name, other.name, other.queues.size(), other.queues.size() == 1 ? "" : "s");
  if (one.hook != other.hook)
    return Fail(kBadOption,
                "%s: the option xdp is the same for every port of one interface, and %s is open with another one",
                dev.name, other.name);
  if (one.device_clock != other.device_clock)
    return Fail(
        kBadOption,
        "%s: the option timestamps is the same for every port of one interface, and %s is open with another one",
        dev.name, other.name);
  return {};
}

}  // namespace

std::shared_ptr<Owner> Owner::Of(uint32_t ifindex) {
  const uint64_t netns = Netns();
  owners.erase(std::remove_if(owners.begin(), owners.end(), [](const auto &each) { return each.expired(); }),
               owners.end());
  for (const auto &each : owners)
    if (auto owner = each.lock(); owner && owner->ifindex_ == ifindex && owner->netns_ == netns) return owner;
  return nullptr;
}

Owner::~Owner() {
  CloseIf(&link_);
  CloseIf(&program_);
  CloseIf(&xskmap_);
}

Status Owner::Join(const Netdev &dev, Client *client, std::shared_ptr<Owner> *out) {
  std::shared_ptr<Owner> owner = Of(dev.index);
  if (!owner) {
    owner.reset(new Owner);
    owner->ifindex_ = dev.index;
    owner->netns_ = Netns();
    owner->xskmap_ = bpf::CreateMap(BPF_MAP_TYPE_XSKMAP, 4, 4, dev.rx_queues, "rxburst_xsks");
    if (owner->xskmap_ < 0) return FailErrno("creating an XSKMAP");
    owners.push_back(owner);
  }
  for (const Client *other : owner->clients_) RXB_TRY(CheckAgree(dev, *client, *other));
  owner->clients_.push_back(client);
  owner->made_of_.clear();
  // The others' rules are not asked on its queues from here on.
  if (const auto attached = owner->Attached(); !attached.empty())
    if (Status status = owner->Install(attached); !status) {
      owner->clients_.pop_back();
      return status;
    }
  *out = std::move(owner);
  return {};
}

void Owner::Leave(Client *client) {
  if (client->attached) Detach(client);
  clients_.erase(std::remove(clients_.begin(), clients_.end(), client), clients_.end());
  made_of_.clear();
  // A program that is refused here was taken with one part more a moment ago; then the old one stays, and has no socket
  // there.
  if (const auto attached = Attached(); !attached.empty()) static_cast<void>(Install(attached));
}

Status Owner::Move(const Netdev &to, Client *client, std::shared_ptr<Owner> *owner) {
  Owner &here = **owner;
  if (here.ifindex_ == to.index) return {};
  if (here.clients_.size() == 1 && !Of(to.index)) {  // with its XSKMAP, which others may know
    here.ifindex_ = to.index;
    here.made_of_.clear();
    return {};
  }
  std::shared_ptr<Owner> there;
  RXB_TRY(Join(to, client, &there));
  here.Leave(client);
  *owner = std::move(there);
  return {};
}

std::vector<const Client *> Owner::Attached(const Client *also) const {
  std::vector<const Client *> all;
  for (const Client *client : clients_)
    if (client->attached || client == also) all.push_back(client);
  return all;
}

Status Owner::Build(const std::vector<const Client *> &clients, int *program, ProgramInfo *info) const {
  XdpProgramRequest request{kProgramName, xskmap_, false, {}};
  for (const Client *client : clients) {
    const Share &share = client->share;
    request.fragments |= client->fragments;
    std::vector<uint32_t> others;
    for (const Client *other : clients_)
      if (other != client) others.insert(others.end(), other->queues.begin(), other->queues.end());
    size_t served = 0;
    for (const Served &each : share.served) served += !each.queues.empty();
    // A served program that is alone has its rules on every queue, so that they count what arrives elsewhere.
    for (const Served &each : share.served)
      if (!each.queues.empty())
        request.parts.push_back({&each.rules, &share.rules, each.counters, served == 1 ? nullptr : &each.queues, others,
                                 share.metadata, ThoseOf(each.flows)});
    if (served == 1 || (served && share.rules.empty())) continue;
    const bool every = share.rules.empty() && !others.empty();  // every packet of its own queues, that is
    request.parts.push_back({&share.rules, nullptr, client->counters, every ? &client->queues : nullptr, others,
                             share.metadata, ThoseOf(share.flows)});
  }
  return BuildXdpProgram(request, program, info);
}

Status Owner::Install(const std::vector<const Client *> &clients) {
  int program = -1;
  ProgramInfo info;
  RXB_TRY(Build(clients, &program, &info));
  if (link_ >= 0 && bpf::UpdateLink(link_, program)) {
    Status status = FailErrno("replacing the XDP program");
    CloseIf(&program);
    return status;
  }
  CloseIf(&program_);
  program_ = program;
  info_ = std::move(info);
  made_of_ = clients;
  return {};
}

Status Owner::Change(Client *client, Share next) {
  std::swap(client->share, next);
  const auto with = Attached(client);
  // What is not attached yet is made ready where nobody else is, and tried beside the others.
  Status status = client->attached || with.size() == 1 ? Install(with) : Load(with);
  if (!status) std::swap(client->share, next);
  return status;
}

Status Owner::Load(const std::vector<const Client *> &clients) const {
  int program = -1;
  Status status = Build(clients, &program, nullptr);
  CloseIf(&program);
  return status;
}

Status Owner::Try(Client *client, Share share) {
  std::swap(client->share, share);
  Status status = Load(Attached(client));
  std::swap(client->share, share);
  return status;
}

bool Owner::IsLinked() const { return link_ >= 0 && bpf::LinkedTo(link_); }

Status Owner::Link(const Client &client, int *link_error) {
  const bool native_tried = client.hook != Hook::kGenericOnly;
  if (native_tried) link_ = bpf::LinkXdp(program_, ifindex_, XDP_FLAGS_DRV_MODE);
  generic_ = false;
  const bool may_be_generic = client.hook == Hook::kNativeThenGeneric && !client.share.metadata.bound_to;
  if (link_ < 0 && (!native_tried || (errno == EOPNOTSUPP && may_be_generic))) {
    link_ = bpf::LinkXdp(program_, ifindex_, XDP_FLAGS_SKB_MODE);
    generic_ = true;
  }
  if (link_ >= 0) return {};
  *link_error = errno;
  return FailErrno("attaching XDP");
}

Status Owner::Attach(Client *client, int *link_error) {
  if (link_ >= 0 && !IsLinked()) CloseIf(&link_);  // somebody took it off
  const auto with = Attached(client);
  if (link_ >= 0 || made_of_ != with) RXB_TRY(Install(with));
  client->attached = true;
  return link_ >= 0 ? Status{} : Link(*client, link_error);
}

void Owner::Detach(Client *client) {
  client->attached = false;
  const auto attached = Attached();
  if (attached.empty())
    CloseIf(&link_);
  else
    static_cast<void>(Install(attached));  // as in Leave()
}

}  // namespace rxb::steer
