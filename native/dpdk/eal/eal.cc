// Starts EAL with defaults that suit a library, and says in plain words why it refuses.
#include "eal.h"

#include <dirent.h>
#include <fcntl.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_memory.h>
#include <rte_version.h>
#include <sched.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "log.h"

namespace rxb::dpdk {

namespace {

constexpr int kNoHugeMiB = 256;  // DPDK's own memory without hugepages; what isn't used is address space only
constexpr long kEnoughHugepages = 32 << 20;  // bytes; with less free than that it does without

struct Executor {
  std::mutex lock;
  std::condition_variable wake, done;
  const std::function<void()> *task = nullptr;
  bool running = false;
};
// Never destroyed: its thread lives as long as the process.
Executor &TheExecutor() {
  static Executor *executor = new Executor;
  return *executor;
}

enum class State { kStopped, kRunning, kBroken } state = State::kStopped;
std::string started_with;
Status refusal;
bool has_pci;

void Loop() {
  Executor &e = TheExecutor();
  pthread_setname_np(pthread_self(), "rxburst-eal");
  std::unique_lock<std::mutex> lock(e.lock);
  for (;;) {
    e.wake.wait(lock, [&] { return e.task; });
    lock.unlock();
    (*e.task)();
    lock.lock();
    e.task = nullptr;
    e.done.notify_all();
  }
}

std::vector<std::string> Words(const std::string &text) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  for (char c : text + " ") {
    if (quote ? c == quote : c == '\'' || c == '"') {
      quote = quote ? 0 : c;
    } else if (c == ' ' && !quote) {
      if (!word.empty()) words.push_back(word);
      word.clear();
    } else {
      word += c;
    }
  }
  return words;
}

// Whether the user's words hold one of these options, in any spelling that getopt takes.
bool Has(const std::vector<std::string> &words, std::initializer_list<const char *> options) {
  for (const std::string &word : words)
    for (const char *option : options) {
      size_t n = strlen(option);
      if (!word.compare(0, n, option) && (word.size() == n || word[n] == '=' || option[1] != '-')) return true;
    }
  return false;
}

long ReadNumber(const std::string &path) {
  long value = 0;
  if (FILE *file = fopen(path.c_str(), "re")) {
    if (fscanf(file, "%ld", &value) != 1) value = 0;
    fclose(file);
  }
  return value;
}

// Bytes.
long FreeHugepages() {
  long free = 0;
  const char *root = "/sys/kernel/mm/hugepages";
  if (DIR *dir = opendir(root)) {
    while (dirent *entry = readdir(dir)) {
      long kib;
      if (sscanf(entry->d_name, "hugepages-%ldkB", &kib) == 1)
        free += (kib << 10) * ReadNumber(std::string(root) + "/" + entry->d_name + "/free_hugepages");
    }
    closedir(dir);
  }
  return free;
}

std::string AllowedCpus() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  sched_getaffinity(getpid(), sizeof cpus, &cpus);
  std::string list;
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET(cpu, &cpus)) list += (list.empty() ? "" : ",") + std::to_string(cpu);
  return list;
}

std::vector<std::string> Arguments(const std::vector<std::string> &user, const EalRequest &request) {
  std::vector<std::string> argv = {"rxburst"};
  auto add = [&](const std::string &word) { argv.push_back(word); };
  bool small =
      Has(user, {"--no-huge"}) || (FreeHugepages() < kEnoughHugepages && !Has(user, {"--socket-mem", "--huge-dir"}));
  // No file of EAL's outlives the process. 22.11 takes --in-memory only with hugepages.
  if (!Has(user, {"--in-memory", "--no-shconf", "--file-prefix", "--huge-dir", "--huge-unlink"}))
    add(small ? "--no-shconf" : "--in-memory");
  if (!Has(user, {"--telemetry", "--no-telemetry"})) add("--no-telemetry");
  // One lcore, on every CPU that the process may use: EAL's other threads would only wait.
  if (!Has(user, {"-l", "-c", "--lcores"})) add("--lcores=0@(" + AllowedCpus() + ")");
  if (!Has(user, {"--iova-mode"})) {
    if (request.physical_iova)
      add("--iova-mode=pa");
    else if (!request.physical)
      add("--iova-mode=va");
  }
  // The bus is there for devices that are opened later; an address that no device has keeps EAL from taking any by
  // itself.
  if (!Has(user, {"--no-pci", "-a", "-b", "--allow", "--block"})) add("--allow=ffff:ff:1f.7");
  if (small && !Has(user, {"--no-huge"})) add("--no-huge");
  if (small && !Has(user, {"-m"})) {
    add("-m");
    add(std::to_string(kNoHugeMiB));
  }
  return argv;
}

// EAL's refusals, translated. What it said itself follows, for those who know it.
Status Refused(const std::string &command, uint64_t first_line) {
  std::string said = LogSince(first_line, 6, " | ");
  auto mentions = [&](const char *text) { return said.find(text) != std::string::npos; };
  const char *why = "EAL refused to start";
  const char *mend = "Start with --log-level=lib.eal:debug in the option `eal` to see more.";
  if (rte_errno == EALREADY) {
    why = "EAL was started in this process before, by somebody else or without success, and can't be started twice";
    mend = "Start the process anew.";
  } else if (mentions("unrecognized option") || mentions("requires an argument") ||
             mentions("Invalid 'command line'") || mentions("invalid parameters") || mentions("ambiguous")) {
    why = "EAL does not take these options";
    mend = "They come from the option `eal` and from RXBURST_EAL; `dpdk-testpmd --help` lists them.";
  } else if (mentions("no mounted hugetlbfs") && mentions("Cannot get hugepage information")) {
    why = "EAL found no hugetlbfs where it was told to look";
    mend = "Leave --huge-dir away, or name a folder where one is mounted: mount -t hugetlbfs none FOLDER.";
  } else if (mentions("cannot open shared object file") || mentions("Cannot init plugins")) {
    why = "EAL can't load a driver that -d names";
    mend = "Name a file or a folder that is there.";
  } else if (mentions("Unable to parse device") || mentions("failed to parse device")) {
    why = "EAL knows no driver for a device among its options";
    mend = "Open the device as a port instead, dpdk:<device>, and leave --vdev and --allow away.";
  } else if (rte_errno == EACCES || rte_errno == EPERM || mentions("ermission denied")) {
    why = "EAL lacks a permission";
    mend = "Run as root, or without hugepages and devices: eal: '--no-huge -m 64'.";
  } else if (mentions("Not enough memory available")) {
    why = "EAL got less memory than -m asks for";
    mend = "Lower -m, or reserve hugepages: sysctl -w vm.nr_hugepages=128.";
  } else if (mentions("hugepage") || mentions("hugetlbfs") || mentions("free 2048 kB")) {
    why = "EAL found no hugepages that it may use";
    mend = "Reserve some, sysctl -w vm.nr_hugepages=128, or do without: eal: '--no-huge -m 64'.";
  } else if (mentions("FATAL: Cannot use IOVA as 'PA'") || mentions("physical addresses")) {
    why = "EAL can't see physical addresses";
    mend = "Run as root, or use virtual ones: eal: '--iova-mode=va'.";
  } else if (rte_errno == ENOMEM) {
    why = "EAL got too little memory";
    mend = "Reserve hugepages, sysctl -w vm.nr_hugepages=128, or raise -m in the option `eal`.";
  }
  return Fail(kEal, "%s (%s). It said: %s. It was started as: %s. %s", why, rte_strerror(rte_errno),
              said.empty() ? "nothing" : said.c_str(), command.c_str(), mend);
}

// EAL's memory grows by a file for each hugepage, whoever asks for it.
void OnMemory(rte_mem_event event, const void *, size_t, void *) {
  if (event != RTE_MEM_EVENT_ALLOC) return;
  DIR *dir = opendir("/proc/self/fd");
  while (dirent *entry = dir ? readdir(dir) : nullptr) {
    char target[64];
    ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof target - 1);
    if (n > 0 && !strncmp(target, "/memfd:seg_", 11)) fcntl(atoi(entry->d_name), F_SETFD, FD_CLOEXEC);
  }
  if (dir) closedir(dir);
}

Status Start(const std::vector<std::string> &words) {
  std::vector<char *> argv;
  std::string command;
  for (const std::string &word : words) {
    argv.push_back(const_cast<char *>(word.c_str()));
    command += (command.empty() ? "" : " ") + word;
  }
  CatchLog();
  uint64_t first_line = LogLines();
  cpu_set_t cpus;
  sched_getaffinity(0, sizeof cpus, &cpus);
  rte_errno = 0;
  int result;
  {
    CatchPrints quiet;
    ClosedOnExec descriptors;
    result = rte_eal_init(static_cast<int>(argv.size()), argv.data());
  }
  sched_setaffinity(0, sizeof cpus, &cpus);
  if (result < 0) return Refused(command, first_line);
  rmdir(rte_eal_get_runtime_dir());  // empty, as EAL shares nothing
  rte_mem_event_callback_register("rxburst", OnMemory, nullptr);
  state = State::kRunning;
  return {};
}

thread_local uint32_t entered;
thread_local bool registered;

}  // namespace

Status StartEal(const EalRequest &request) {
  const char *environment = getenv("RXBURST_EAL");
  std::string wanted = environment ? environment : "";
  if (request.options && *request.options) wanted += (wanted.empty() ? "" : " ") + std::string(request.options);
  if (state == State::kRunning) {
    if (!request.options || wanted == started_with) return {};
    return Fail(kEal,
                "EAL runs in this process already, with %s%s%s: it starts once, so give the same options to every "
                "port, or to the first only; "
                "'%s' was wanted now",
                started_with.empty() ? "no options of yours" : "'", started_with.c_str(),
                started_with.empty() ? "" : "'", request.options);
  }
  if (state == State::kBroken)
    return Fail(kEal,
                "EAL refused to start in this process before, and can't be started twice. Start the process anew. The "
                "first time: %s",
                refusal.message);
  std::vector<std::string> user = Words(wanted);
  for (size_t i = 0; i < user.size(); i++)
    if (user[i].find("--proc-type") == 0 &&
        user[i + (user[i] == "--proc-type" && i + 1 < user.size())].find("primary") == std::string::npos)
      return Fail(kEal,
                  "%s: only a primary process of DPDK has memory for packets of its own, and a secondary one waits for "
                  "another's",
                  wanted.c_str());
  std::vector<std::string> words = Arguments(user, request);
  words.insert(words.end(), user.begin(), user.end());
  Status status;
  OnEalThread([&] { status = Start(words); });
  if (!status) {
    state = State::kBroken;
    refusal = status;
    return status;
  }
  started_with = wanted;
  has_pci = !Has(user, {"--no-pci"});
  return {};
}

bool EalHasPci() { return has_pci; }

void OnEalThread(const std::function<void()> &task) {
  static std::mutex one_at_a_time;
  std::lock_guard<std::mutex> turn(one_at_a_time);
  Executor &e = TheExecutor();
  std::unique_lock<std::mutex> lock(e.lock);
  if (!e.running) {
    std::thread(Loop).detach();
    e.running = true;
  }
  e.task = &task;
  e.wake.notify_one();
  e.done.wait(lock, [&] { return !e.task; });
}

Status EnterThread() {
  if (entered++ || rte_lcore_id() != LCORE_ID_ANY) return {};
  if (rte_thread_register() == 0) {
    registered = true;
    return {};
  }
  entered--;
  return Fail(kEal,
              "DPDK can't take another thread: %s. It has room for %d, and none while a secondary process is attached.",
              rte_strerror(rte_errno), RTE_MAX_LCORE);
}

void LeaveThread() {
  if (!entered || --entered || !registered) return;
  registered = false;
  rte_thread_unregister();
}

ClosedOnExec::Set ClosedOnExec::OpenToChildren() {
  Set open;
  if (DIR *dir = opendir("/proc/self/fd")) {
    while (dirent *entry = readdir(dir)) {
      int fd = atoi(entry->d_name);
      int flags = entry->d_name[0] != '.' && fd != dirfd(dir) && fd < kMax ? fcntl(fd, F_GETFD) : -1;
      if (flags >= 0 && !(flags & FD_CLOEXEC)) open.set(fd);
    }
    closedir(dir);
  }
  return open;
}

ClosedOnExec::ClosedOnExec() : before(OpenToChildren()) {}

ClosedOnExec::~ClosedOnExec() {
  Set opened = OpenToChildren() & ~before;
  for (int fd = 3; fd < kMax; fd++)
    if (opened[fd])
      if (int flags = fcntl(fd, F_GETFD); flags >= 0) fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
}

}  // namespace rxb::dpdk
