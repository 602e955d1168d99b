// The bpf() system call and an assembler for its instructions: no compiler and no libbpf on the user's machine.
#pragma once
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "../abi/status.h"

namespace rxb::bpf {

inline int Call(int command, union bpf_attr *attr) {
  return static_cast<int>(syscall(__NR_bpf, command, attr, sizeof *attr));
}

// Every descriptor that bpf() returns is close-on-exec already.
inline int CreateMap(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t entries, const char *name,
                     uint32_t flags = 0) {
  union bpf_attr attr {};
  attr.map_type = type;
  attr.key_size = key_size;
  attr.value_size = value_size;
  attr.max_entries = entries;
  attr.map_flags = flags;
  strncpy(attr.map_name, name, sizeof attr.map_name - 1);
  return Call(BPF_MAP_CREATE, &attr);
}

inline int UpdateElement(int map, const void *key, const void *value, uint64_t flags = BPF_ANY) {
  union bpf_attr attr {};
  attr.map_fd = map;
  attr.key = reinterpret_cast<uint64_t>(key);
  attr.value = reinterpret_cast<uint64_t>(value);
  attr.flags = flags;
  return Call(BPF_MAP_UPDATE_ELEM, &attr);
}

inline int LookupElement(int map, const void *key, void *value) {
  union bpf_attr attr {};
  attr.map_fd = map;
  attr.key = reinterpret_cast<uint64_t>(key);
  attr.value = reinterpret_cast<uint64_t>(value);
  return Call(BPF_MAP_LOOKUP_ELEM, &attr);
}

inline int GetPinned(const char *path) {
  union bpf_attr attr {};
  attr.pathname = reinterpret_cast<uint64_t>(path);
  return Call(BPF_OBJ_GET, &attr);
}

// BPF_MAP_TYPE_UNSPEC when the descriptor is no map.
inline uint32_t MapType(int map) {
  struct bpf_map_info info {};
  union bpf_attr attr {};
  attr.info.bpf_fd = static_cast<uint32_t>(map);
  attr.info.info_len = sizeof info;
  attr.info.info = reinterpret_cast<uint64_t>(&info);
  return Call(BPF_OBJ_GET_INFO_BY_FD, &attr) ? uint32_t{BPF_MAP_TYPE_UNSPEC} : info.type;
}

inline int DeleteElement(int map, const void *key) {
  union bpf_attr attr {};
  attr.map_fd = map;
  attr.key = reinterpret_cast<uint64_t>(key);
  return Call(BPF_MAP_DELETE_ELEM, &attr);
}

#ifndef BPF_F_XDP_DEV_BOUND_ONLY  // since Linux 6.3
#define BPF_F_XDP_DEV_BOUND_ONLY (1U << 6)
#endif

// Loads a program; on failure `log` (if any) holds the verifier's words. `bound_to`: the only interface that it may
// hang on, whose driver answers its questions.
inline int LoadProgram(uint32_t type, const std::vector<bpf_insn> &code, const char *name, uint32_t expected_attach = 0,
                       char *log = nullptr, uint32_t log_bytes = 0, uint32_t flags = 0, uint32_t bound_to = 0) {
  union bpf_attr attr {};
  attr.prog_type = type;
  attr.insns = reinterpret_cast<uint64_t>(code.data());
  attr.insn_cnt = static_cast<uint32_t>(code.size());
  attr.license = reinterpret_cast<uint64_t>("GPL");
  attr.expected_attach_type = expected_attach;
  attr.prog_flags = bound_to ? flags | BPF_F_XDP_DEV_BOUND_ONLY : flags;
  attr.prog_ifindex = bound_to;
  strncpy(attr.prog_name, name, sizeof attr.prog_name - 1);
  if (log) {
    attr.log_buf = reinterpret_cast<uint64_t>(log);
    attr.log_size = log_bytes;
    attr.log_level = 1;
  }
  return Call(BPF_PROG_LOAD, &attr);
}

// XDP through a link that nobody pins: it is gone with the last descriptor, also after kill -9.
inline int LinkXdp(int program, uint32_t ifindex, uint32_t xdp_flags) {
  union bpf_attr attr {};
  attr.link_create.prog_fd = static_cast<uint32_t>(program);
  attr.link_create.target_ifindex = ifindex;
  attr.link_create.attach_type = BPF_XDP;
  attr.link_create.flags = xdp_flags;
  return Call(BPF_LINK_CREATE, &attr);
}

// Replaces a link's program without a gap.
inline int UpdateLink(int link, int program) {
  union bpf_attr attr {};
  attr.link_update.link_fd = static_cast<uint32_t>(link);
  attr.link_update.new_prog_fd = static_cast<uint32_t>(program);
  return Call(BPF_LINK_UPDATE, &attr);
}

// Interface that a link of an XDP program hangs on; 0: the link is detached, or its interface deleted. -1: it does not
// say.
inline int64_t LinkedTo(int link) {
  struct bpf_link_info info {};
  union bpf_attr ask {};
  ask.info.bpf_fd = static_cast<uint32_t>(link);
  ask.info.info_len = sizeof info;
  ask.info.info = reinterpret_cast<uint64_t>(&info);
  return Call(BPF_OBJ_GET_INFO_BY_FD, &ask) ? -1 : int64_t{info.xdp.ifindex};
}

// Name of a loaded program by its id; stays empty without the privilege to ask. `name` has BPF_OBJ_NAME_LEN bytes.
inline void ProgramName(uint32_t id, char *name) {
  union bpf_attr attr {};
  attr.prog_id = id;
  int fd = Call(BPF_PROG_GET_FD_BY_ID, &attr);
  if (fd < 0) return;
  struct bpf_prog_info info {};
  union bpf_attr ask {};
  ask.info.bpf_fd = static_cast<uint32_t>(fd);
  ask.info.info_len = sizeof info;
  ask.info.info = reinterpret_cast<uint64_t>(&info);
  if (!Call(BPF_OBJ_GET_INFO_BY_FD, &ask)) memcpy(name, info.name, BPF_OBJ_NAME_LEN);
  close(fd);
}

// Id of the link by which an XDP program hangs on an interface; 0: by none, or without the privilege to ask.
inline uint32_t XdpLink(uint32_t ifindex) {
  for (uint32_t id = 0;;) {
    union bpf_attr next {};
    next.start_id = id;
    if (Call(BPF_LINK_GET_NEXT_ID, &next)) return 0;
    id = next.next_id;
    union bpf_attr attr {};
    attr.link_id = id;
    int fd = Call(BPF_LINK_GET_FD_BY_ID, &attr);
    if (fd < 0) continue;
    struct bpf_link_info info {};
    union bpf_attr ask {};
    ask.info.bpf_fd = static_cast<uint32_t>(fd);
    ask.info.info_len = sizeof info;
    ask.info.info = reinterpret_cast<uint64_t>(&info);
    bool found = !Call(BPF_OBJ_GET_INFO_BY_FD, &ask) && info.type == BPF_LINK_TYPE_XDP && info.xdp.ifindex == ifindex;
    close(fd);
    if (found) return id;
  }
}

// The command that takes an XDP program off an interface: one that hangs on a link answers to no other.
inline void XdpOff(const char *name, uint32_t ifindex, bool generic, char *command, size_t bytes) {
  if (uint32_t link = XdpLink(ifindex))
    snprintf(command, bytes, "bpftool link detach id %u", link);
  else
    snprintf(command, bytes, "ip link set dev %s %s off", name, generic ? "xdpgeneric" : "xdp");
}

// Runs a program over one packet without a device, `repeat` times; `result` is what it returned. Packets have 14 bytes
// or more.
inline int TestRun(int program, const void *packet, uint32_t bytes, uint32_t repeat, uint32_t *result,
                   uint32_t *nanoseconds = nullptr) {
  union bpf_attr attr {};
  attr.test.prog_fd = static_cast<uint32_t>(program);
  attr.test.data_in = reinterpret_cast<uint64_t>(packet);
  attr.test.data_size_in = bytes;
  attr.test.repeat = repeat;
  int error = Call(BPF_PROG_TEST_RUN, &attr);
  *result = attr.test.retval;
  if (nanoseconds) *nanoseconds = attr.test.duration;
  return error;
}

// Instructions, named as in the kernel's Documentation/bpf/standardization/instruction-set.rst.
using Code = std::vector<bpf_insn>;
inline bpf_insn Insn(uint8_t code, uint8_t dst, uint8_t src, int16_t off, int32_t imm) {
  return bpf_insn{code, uint8_t(dst & 15), uint8_t(src & 15), off, imm};
}
inline bpf_insn MovReg(uint8_t dst, uint8_t src) { return Insn(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0); }
inline bpf_insn MovImm(uint8_t dst, int32_t imm) { return Insn(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm); }
inline bpf_insn Load(uint8_t size, uint8_t dst, uint8_t src, int16_t off) {
  return Insn(BPF_LDX | BPF_MEM | size, dst, src, off, 0);
}
inline bpf_insn Store(uint8_t size, uint8_t dst, int16_t off, uint8_t src) {
  return Insn(BPF_STX | BPF_MEM | size, dst, src, off, 0);
}
inline bpf_insn Alu64(uint8_t op, uint8_t dst, uint8_t src) { return Insn(BPF_ALU64 | op | BPF_X, dst, src, 0, 0); }
inline bpf_insn Alu64Imm(uint8_t op, uint8_t dst, int32_t imm) { return Insn(BPF_ALU64 | op | BPF_K, dst, 0, 0, imm); }
inline bpf_insn Helper(int32_t id) { return Insn(BPF_JMP | BPF_CALL, 0, 0, 0, id); }
inline bpf_insn Exit() { return Insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0); }
inline void LoadMap(Code &code, uint8_t dst, int map) {
  code.push_back(Insn(BPF_LD | BPF_DW | BPF_IMM, dst, BPF_PSEUDO_MAP_FD, 0, map));
  code.push_back(Insn(0, 0, 0, 0, 0));
}

}  // namespace rxb::bpf
