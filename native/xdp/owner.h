// The one owner of an interface's XDP program in this process: it holds the link and the XSKMAP, and makes the program
// of the parts of its clients. Each open port of the interface is a client; so are, by their port, the programs that a
// broker serves.
//
// Clients come and go by an update of the link, which the kernel does between two packets
// (net/core/dev.c:bpf_xdp_link_update). Sockets come and go by a write to the XSKMAP. Nothing is pinned, so the kernel
// takes the program off when the process ends, however it ends. Everything here is called under the control lock.
#pragma once
#include <functional>
#include <memory>

#include "../nic/netdev.h"
#include "program.h"

namespace rxb::steer {

constexpr char kProgramName[] = "rxburst";  // by which another process of ours is recognised

enum class Hook : uint8_t { kNativeThenGeneric, kNativeOnly, kGenericOnly };

// A program that a broker serves on a client's queues. The client's rules that steer are its ceiling.
struct Served {
  uint32_t number;
  int counters = -1;
  std::vector<uint32_t> queues = {};
  std::vector<Rule> rules = {};
  FlowTables flows = {};
};

// What a client has the program do. It can change while packets flow.
struct Share {
  std::vector<Rule> rules = {};  // none: every packet of its queues
  Metadata metadata = {};
  std::vector<Served> served = {};
  FlowTables flows = {};  // none: no flow is ended in the driver, and the program has no block for it
};

struct Client {
  const char *name = "";  // the port's, for messages
  std::vector<uint32_t> queues = {};
  int counters = -1;  // of its rules; stays the client's
  Hook hook = Hook::kNativeThenGeneric;
  bool fragments = false;  // it takes packets in several buffers
  bool device_clock = false;
  Share share = {};
  bool attached = false;
};

class Owner {
 public:
  // Makes the client one of the interface's owner, and makes the owner where there is none yet. Refuses queues that
  // another client has, and options that can't differ on one interface. The client stays where it is until Leave().
  static Status Join(const Netdev &, Client *, std::shared_ptr<Owner> *owner);
  // The owner of that interface of this network namespace, if this process has one.
  static std::shared_ptr<Owner> Of(uint32_t ifindex);
  ~Owner();

  // Its queues are free for others from here on. Its counters can be closed.
  void Leave(Client *);
  // The interface was deleted and another one has its name: moves a client there. `owner` is this one, until then.
  static Status Move(const Netdev &to, Client *, std::shared_ptr<Owner> *owner);

  // Puts another share in the place of the client's; what other clients take and count does not change. If the kernel
  // refuses, nothing has changed.
  Status Change(Client *, Share next);
  // Whether the kernel would take it.
  Status Try(Client *, Share);
  // From here on the client's packets go to its sockets. Fails with `errno` in *link_error where the link can't be
  // made.
  Status Attach(Client *, int *link_error);
  void Detach(Client *);

  bool IsLinked() const;                     // the program is on the interface
  bool generic() const { return generic_; }  // in the kernel's generic hook
  int xskmap() const { return xskmap_; }
  const ProgramInfo &info() const { return info_; }  // of the program made last

 private:
  Owner() = default;
  Status Build(const std::vector<const Client *> &, int *program, ProgramInfo *) const;
  Status Load(const std::vector<const Client *> &) const;  // and forget it
  Status Install(const std::vector<const Client *> &);
  std::vector<const Client *> Attached(const Client *also = nullptr) const;
  Status Link(const Client &, int *link_error);

  uint32_t ifindex_ = 0;
  uint64_t netns_ = 0;  // inode of its network namespace
  int xskmap_ = -1, program_ = -1, link_ = -1;
  bool generic_ = false;
  std::vector<Client *> clients_ = {};
  std::vector<const Client *> made_of_ = {};  // whose parts the program has; none: it is out of date
  ProgramInfo info_ = {};
};

}  // namespace rxb::steer
