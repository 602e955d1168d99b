// The set of lent descriptors.
#include "descriptors.h"

#include <mutex>
#include <set>

namespace rxb {

namespace {

std::mutex lent_lock;  // any thread may ask
std::set<int> lent;

}  // namespace

int Lend(int fd) {
  std::lock_guard<std::mutex> hold(lent_lock);
  if (fd >= 0) lent.insert(fd);
  return fd;
}

bool IsLent(int fd) {
  std::lock_guard<std::mutex> hold(lent_lock);
  return lent.count(fd) > 0;
}

Status TakeLent(int fd) {
  std::lock_guard<std::mutex> hold(lent_lock);
  return lent.erase(fd) ? Status{}
                        : Fail(kBadArgument, "descriptor %d was not given out by rxburst, or was closed already", fd);
}

}  // namespace rxb
