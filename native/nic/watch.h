// Whether an interface is still the one that was opened. poll() on a packet or AF_XDP socket does not tell that it was
// deleted, and a name or a number may come back as another interface, so the kernel's own messages are heard
// (rtnetlink(7)).
#pragma once
#include "../abi/status.h"

namespace rxb {

class InterfaceWatch {
 public:
  InterfaceWatch() = default;
  InterfaceWatch(const InterfaceWatch &) = delete;
  ~InterfaceWatch() { Close(); }
  // Watches the interface of that index in this network namespace, and no other from then on.
  Status Open(uint32_t index);
  // Whether it was deleted or moved to another namespace since; stays true. Always by the same thread.
  bool Gone();
  void Close();

 private:
  int fd_ = -1;
  uint32_t index_ = 0;
  bool gone_ = false;
};

}  // namespace rxb
