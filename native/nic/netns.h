// A visit of the calling thread to another network namespace: sockets and programs made there stay there.
#pragma once
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace rxb {

class Visit {
 public:
  static constexpr const char *kHere = "/proc/thread-self/ns/net";

  // To the namespace of that path, or without one to a new namespace that nobody else sees.
  explicit Visit(const char *path = nullptr) {
    home_ = open(kHere, O_RDONLY | O_CLOEXEC);
    if (home_ < 0) return;
    if (path) {
      int there = open(path, O_RDONLY | O_CLOEXEC);
      away_ = there >= 0 && setns(there, CLONE_NEWNET) == 0;
      error_ = errno;
      if (there >= 0) close(there);
    } else {
      away_ = unshare(CLONE_NEWNET) == 0;
      error_ = errno;
    }
    errno = error_;
  }
  ~Visit() {
    if (away_ && setns(home_, CLONE_NEWNET)) abort();  // this thread would go on in the wrong network
    if (home_ >= 0) close(home_);
  }
  Visit(const Visit &) = delete;
  Visit &operator=(const Visit &) = delete;

  bool failed() const { return !away_; }

 private:
  int home_ = -1, error_ = 0;
  bool away_ = false;
};

}  // namespace rxb
