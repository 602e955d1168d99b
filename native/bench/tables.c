// DPDK's tables as peers of lib/tables: rte_lpm's bulk lookup and rte_softrss_be in a loop, and both by the line for tests.
//
//   tables lpm IMAGE ADDRESSES   looks up for ever; for each line on stdin a line `lookups nanoseconds` comes back
//   tables hash ADDRESSES        the same with hashes of 5-tuples
//   tables look KEYS FLOWS        looks up keys of 16 bytes in an rte_hash that has the first FLOWS of them, 32 at a time
//   tables insert KEYS FLOWS      inserts keys, each for the oldest of FLOWS
//   tables answers               reads `key HEX`, `hash WORD…`, `add ADDRESS LENGTH VALUE`, `look ADDRESS` and prints each answer
//
// IMAGE is the memory of an Lpm4 with kGroups groups (lib/tables/trie.ts), ADDRESSES are 32-bit words. rte_lpm_add() compares a prefix with
// all others of its length, which takes minutes for 900 000, so the table is filled from the image; a test compares rte_lpm_add() itself.
#include <inttypes.h>
#include <pthread.h>
#include <rte_eal.h>
#include <rte_hash.h>
#include <rte_lpm.h>
#include <rte_thash.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { kTop = 1 << 24, kGroups = 1 << 16, kBulk = 32, kKeyBytes = 40, kTupleWords = 3, kRulesMax = 1 << 20, kHead = 32 };

static uint64_t done;

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void fail(const char *what) {
  fprintf(stderr, "error: %s\n", what);
  exit(1);
}

static void *answer(void *unused) {
  for (int c; (c = getchar()) != EOF;)
    if (c == '\n') {
      printf("%" PRIu64 " %" PRIu64 "\n", __atomic_load_n(&done, __ATOMIC_RELAXED), now_ns());
      fflush(stdout);
    }
  exit(0);
  return unused;
}

static void *words_of(const char *path, size_t *count) {
  FILE *file = fopen(path, "rb");
  if (!file) fail(path);
  fseek(file, 0, SEEK_END);
  *count = (size_t)ftell(file) / 4;
  rewind(file);
  void *words = malloc(*count * 4);
  if (!words || fread(words, 4, *count, file) != *count) fail(path);
  fclose(file);
  return words;
}

static struct rte_lpm *lpm_of(void) {
  const struct rte_lpm_config config = {.max_rules = kRulesMax, .number_tbl8s = kGroups, .flags = 0};
  struct rte_lpm *lpm = rte_lpm_create("tables", SOCKET_ID_ANY, &config);
  if (!lpm) fail("rte_lpm_create() found no memory");
  return lpm;
}

// An entry of ours: below 0 an answer (7 bits length less 1, 24 bits value), above 0 a group from 1 on.
static struct rte_lpm_tbl_entry entry_of(int32_t entry, int in_group) {
  struct rte_lpm_tbl_entry out = {0};
  if (!entry) return out;
  out.valid = 1;
  out.valid_group = entry > 0 || in_group;
  out.next_hop = entry > 0 ? (uint32_t)entry - 1 : (uint32_t)entry & 0xffffff;
  if (entry < 0) out.depth = ((uint32_t)entry >> 24 & 127) + 1;
  return out;
}

static void begin(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, answer, NULL)) fail("no thread");
  printf("ready\n");
  fflush(stdout);
}

static void lpm_loop(const char *image, const char *addresses) {
  size_t entries, count;
  const int32_t *words = words_of(image, &entries);
  const uint32_t *address = words_of(addresses, &count);
  struct rte_lpm *lpm = lpm_of();
  for (size_t i = 0; i < kTop; i++) lpm->tbl24[i] = entry_of(words[kHead + i], 0);
  for (size_t i = 0; i < (size_t)kGroups * 256; i++) lpm->tbl8[i] = entry_of(words[kHead + kTop + i], 1);
  free((void *)words);
  begin();
  uint32_t hops[kBulk];
  for (;;)
    for (size_t i = 0; i + kBulk <= count; i += kBulk) {
      rte_lpm_lookup_bulk(lpm, address + i, hops, kBulk);
      __asm__ volatile("" : : "r"(hops) : "memory");  // or the compiler leaves out what nobody reads
      __atomic_store_n(&done, done + kBulk, __ATOMIC_RELAXED);
    }
}

static void hash_loop(const char *addresses) {
  static const uint8_t key[kKeyBytes] = {0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
                                         0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
                                         0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};
  uint32_t given[kKeyBytes / 4], turned[kKeyBytes / 4];
  size_t count;
  uint32_t *address = words_of(addresses, &count), sum = 0;
  memcpy(given, key, sizeof key);
  rte_convert_rss_key(given, turned, kKeyBytes);
  begin();
  for (;;)
    for (size_t i = 0; i + kBulk + kTupleWords <= count; i += kBulk) {
      for (size_t k = i; k < i + kBulk; k++) sum += rte_softrss_be(address + k, kTupleWords, (const uint8_t *)turned);
      __asm__ volatile("" : : "r"(sum));
      __atomic_store_n(&done, done + kBulk, __ATOMIC_RELAXED);
    }
}

enum { kFlowKey = 16 };

// Twice as many as there are flows to insert, as ours: half of it is used.
static struct rte_hash *hash_of(const uint8_t *keys, size_t flows, size_t entries) {
  const struct rte_hash_parameters parameters = {.name = "flows", .entries = (uint32_t)entries, .key_len = kFlowKey};
  struct rte_hash *hash = rte_hash_create(&parameters);
  if (!hash) fail("rte_hash_create() found no memory");
  for (size_t i = 0; i < flows; i++)
    if (rte_hash_add_key(hash, keys + kFlowKey * i) < 0) fail("rte_hash_add_key()");
  return hash;
}

static void look_loop(const char *path, size_t flows) {
  size_t words;
  const uint8_t *keys = words_of(path, &words);
  const size_t count = words * 4 / kFlowKey;
  struct rte_hash *hash = hash_of(keys, flows, flows + flows / 4);  // full, its insertion fails before the last
  begin();
  const void *bulk[kBulk];
  int32_t found[kBulk];
  for (;;)
    for (size_t i = 0; i + kBulk <= count; i += kBulk) {
      for (size_t k = 0; k < kBulk; k++) bulk[k] = keys + kFlowKey * (i + k);
      rte_hash_lookup_bulk(hash, bulk, kBulk, found);
      __asm__ volatile("" : : "r"(found) : "memory");
      __atomic_store_n(&done, done + kBulk, __ATOMIC_RELAXED);
    }
}

static void insert_loop(const char *path, size_t flows) {
  size_t words;
  const uint8_t *keys = words_of(path, &words);
  const size_t count = words * 4 / kFlowKey;
  struct rte_hash *hash = hash_of(keys, flows, 2 * flows);
  begin();
  for (size_t oldest = 0, newest = flows;; oldest = (oldest + 1) % count, newest = (newest + 1) % count) {
    rte_hash_del_key(hash, keys + kFlowKey * oldest);
    if (rte_hash_add_key(hash, keys + kFlowKey * newest) < 0) fail("rte_hash_add_key()");
    __atomic_store_n(&done, done + 1, __ATOMIC_RELAXED);
  }
}

static void answers(void) {
  uint32_t key[kKeyBytes / 4] = {0}, turned[kKeyBytes / 4] = {0};
  struct rte_lpm *lpm = NULL;
  char line[512];
  while (fgets(line, sizeof line, stdin)) {
    char *rest = line + 5;
    if (!strncmp(line, "key ", 4)) {
      for (int i = 0; i < kKeyBytes; i++) {
        unsigned byte;
        if (sscanf(line + 4 + 2 * i, "%2x", &byte) != 1) fail("a key has 40 bytes");
        ((uint8_t *)key)[i] = (uint8_t)byte;
      }
      rte_convert_rss_key(key, turned, kKeyBytes);
    } else if (!strncmp(line, "hash ", 5)) {
      uint32_t tuple[9], words = 0;
      for (char *end; words < 9; rest = end, words++) {
        tuple[words] = (uint32_t)strtoul(rest, &end, 10);
        if (end == rest) break;
      }
      printf("%u %u\n", rte_softrss(tuple, words, (const uint8_t *)key), rte_softrss_be(tuple, words, (const uint8_t *)turned));
    } else {
      if (!lpm) lpm = lpm_of();
      uint32_t ip = (uint32_t)strtoul(rest, &rest, 10), hop;
      if (!strncmp(line, "add ", 4)) {
        ip = (uint32_t)strtoul(line + 4, &rest, 10);
        const uint8_t depth = (uint8_t)strtoul(rest, &rest, 10);
        if (rte_lpm_add(lpm, ip, depth, (uint32_t)strtoul(rest, NULL, 10))) fail("rte_lpm_add()");
      } else {
        printf("%d\n", rte_lpm_lookup(lpm, ip, &hop) ? -1 : (int)hop);
      }
    }
  }
}

int main(int argc, char **argv) {
  const int used = rte_eal_init(argc, argv);
  if (used < 0) fail("rte_eal_init()");
  argc -= used;
  argv += used;
  if (argc == 4 && !strcmp(argv[1], "lpm")) lpm_loop(argv[2], argv[3]);
  if (argc == 3 && !strcmp(argv[1], "hash")) hash_loop(argv[2]);
  if (argc == 4 && !strcmp(argv[1], "look")) look_loop(argv[2], (size_t)atoll(argv[3]));
  if (argc == 4 && !strcmp(argv[1], "insert")) insert_loop(argv[2], (size_t)atoll(argv[3]));
  if (argc == 2 && !strcmp(argv[1], "answers")) {
    answers();
    return 0;
  }
  fail("usage: tables EAL-OPTIONS -- lpm IMAGE ADDRESSES | hash ADDRESSES | look KEYS FLOWS | insert KEYS FLOWS | answers");
}
