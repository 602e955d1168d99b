// What the broker asks of its own process, and the terminal of its program.
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "../values/descriptors.h"
#include "../values/errors.h"
#include "../values/exports.h"
#include "../values/fields.h"

namespace rxb {
namespace broker {

constexpr uint32_t kWordsMax = 1024;  // of a command

// grant.protectProcess(): nobody of the same user may trace this process or read its memory (ptrace(2),
// PTRACE_MODE_ATTACH).
Napi::Value ProtectProcess(const Napi::CallbackInfo &info) {
  if (prctl(PR_SET_DUMPABLE, 0)) return Failed(info, FailErrno("making the process not dumpable"));
  return info.Env().Undefined();
}

// grant.replaceProcess({path, words}): execve with the environment as it is; returns only by an exception.
Napi::Value ReplaceProcess(const Napi::CallbackInfo &info) {
  Arguments in(info, "grant.replaceProcess");
  Fields program(&in, info[0], "the program");
  const std::string path = program.Text("path");
  std::vector<std::string> words = program.Texts("words", kWordsMax, kExpressionMax);
  if (!in.ok()) return in.Throw();
  std::vector<char *> pointers;
  for (std::string &word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  // What else the caller has open is not for the program, which inherits what Node does not know of.
  syscall(SYS_close_range, 3u, ~0u, 1u << 2);             // CLOSE_RANGE_CLOEXEC, Linux 5.11
  for (int fd = 0; fd <= 2; fd++) fcntl(fd, F_SETFD, 0);  // libuv has made all of them close-on-exec
  signal(SIGUSR1, SIG_IGN);  // or one that comes before Node can block it would end the process
  execv(path.c_str(), pointers.data());
  return Failed(info, FailErrno("starting the broker"));
}

// grant.openPty({user, like}) -> {master, slave, path}: the slave's path; the slave is that user's, as large as the
// terminal `like`
Napi::Value OpenPty(const Napi::CallbackInfo &info) {
  Arguments in(info, "grant.openPty");
  Fields wanted(&in, info[0], "the request");
  const uint32_t uid = wanted.Whole("user");
  const int like = wanted.Descriptor("like");
  if (!in.ok()) return in.Throw();
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0) return Failed(info, FailErrno("making a terminal"));
  char path[64];
  int slave = -1;
  Status status;
  if (grantpt(master) || unlockpt(master) || ptsname_r(master, path, sizeof path) ||
      (slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0)
    status = FailErrno("making a terminal");
  winsize size{};
  termios settings{};
  // The rest is as good as it can be had: without CAP_CHOWN a program can use its terminal, but not open it by its
  // path.
  if (status && !ioctl(like, TIOCGWINSZ, &size)) ioctl(slave, TIOCSWINSZ, &size);
  if (status && !tcgetattr(like, &settings)) tcsetattr(slave, TCSANOW, &settings);
  if (status && fchown(slave, static_cast<uid_t>(uid), static_cast<gid_t>(-1))) status = {};
  if (!status) {
    close(master);
    if (slave >= 0) close(slave);
    return Failed(info, status);
  }
  auto out = Napi::Object::New(info.Env());
  out["master"] = master;
  out["slave"] = Lend(slave);
  out["path"] = path;
  return out;
}

// grant.resizePty({master, like}): the terminal `like` has changed its size; the kernel tells the program (SIGWINCH)
Napi::Value ResizePty(const Napi::CallbackInfo &info) {
  winsize size{};
  Arguments in(info, "grant.resizePty");
  Fields pty(&in, info[0], "the terminal");
  const int master = pty.Descriptor("master"), like = pty.Descriptor("like");
  if (!in.ok()) return in.Throw();
  if (!ioctl(like, TIOCGWINSZ, &size)) ioctl(master, TIOCSWINSZ, &size);
  return info.Env().Undefined();
}

// grant.sendAsItIs(terminal): output goes out byte by byte. libuv's raw mode leaves ONLCR on, and the program's own
// terminal has done that.
Napi::Value SendAsItIs(const Napi::CallbackInfo &info) {
  termios settings{};
  Arguments in(info, "grant.sendAsItIs");
  const int terminal = in.Descriptor(0, "the terminal's descriptor");
  if (!in.ok()) return in.Throw();
  if (!tcgetattr(terminal, &settings)) {
    settings.c_oflag &= ~static_cast<tcflag_t>(OPOST);
    tcsetattr(terminal, TCSADRAIN, &settings);
  }
  return info.Env().Undefined();
}

// grant.isForeground(terminal) -> whether this process may read it and set it without being stopped
Napi::Value IsForeground(const Napi::CallbackInfo &info) {
  Arguments in(info, "grant.isForeground");
  const int terminal = in.Descriptor(0, "the terminal's descriptor");
  if (!in.ok()) return in.Throw();
  return Napi::Boolean::New(info.Env(), tcgetpgrp(terminal) == getpgrp());
}

}  // namespace broker

void ExportBroker(Napi::Env, Napi::Object exports) {
  Export(exports, "grant.serve", broker::Serve);
  Export(exports, "grant.boundSocket", broker::BoundSocket);
  Export(exports, "grant.isSocketReady", broker::IsSocketReady);
  Export(exports, "grant.putSocket", broker::PutSocket);
  Export(exports, "grant.protectProcess", broker::ProtectProcess);
  Export(exports, "grant.replaceProcess", broker::ReplaceProcess);
  Export(exports, "grant.openPty", broker::OpenPty);
  Export(exports, "grant.resizePty", broker::ResizePty);
  Export(exports, "grant.sendAsItIs", broker::SendAsItIs);
  Export(exports, "grant.isForeground", broker::IsForeground);
}

}  // namespace rxb
