/* A disk that fails, for the daemon of a test: preloaded with LD_PRELOAD.
 *
 * FAILING_DISK names a file with one line,
 *
 *   ROUND CALLS PATTERN ERRNO SKIP COUNT DELAY_MS
 *
 * which is read at each call, so that the test can change it at any time. It
 * concerns calls on files whose path matches PATTERN, as in the shell. CALLS
 * has the letters of what fails: w (write), s (sync), t (truncate). The first
 * SKIP of these calls succeed, the next COUNT fail with ERRNO, and the others
 * succeed. With the errno 0, the COUNT calls succeed after DELAY_MS, or once
 * the file is gone or has another ROUND. A new ROUND starts counting again.
 * Without the file, everything succeeds.
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

struct plan {
  long round;
  char calls[8];
  char pattern[64];
  int error;
  long skip;
  long count;
  long delay_ms;
};

static atomic_long current_round;
static atomic_long calls_seen;

static int read_plan(struct plan* x) {
  const char* name = getenv("FAILING_DISK");
  if (name == NULL)
    return 0;
  int file = open(name, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return 0;
  char text[256];
  ssize_t size = read(file, text, sizeof text - 1);
  close(file);
  if (size <= 0)
    return 0;
  text[size] = '\0';
  return sscanf(text, "%ld %7s %63s %d %ld %ld %ld", &x->round, x->calls,
                x->pattern, &x->error, &x->skip, &x->count, &x->delay_ms)
         == 7;
}

static int matches(int fd, const char* pattern) {
  char link[64];
  char path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0)
    return 0;
  path[size] = '\0';
  return fnmatch(pattern, path, 0) == 0;
}

static void wait_for(long round, long rest_ms) {
  struct plan now;
  while (rest_ms > 0 && read_plan(&now) && now.round == round) {
    long ms = rest_ms < 10 ? rest_ms : 10;
    struct timespec time = {0, ms * 1000000};
    nanosleep(&time, NULL);
    rest_ms -= ms;
  }
}

/* Whether the call must fail; errno is set. */
static int fails(char call, int fd) {
  int before = errno;
  struct plan x;
  int is_meant =
      read_plan(&x) && strchr(x.calls, call) != NULL && matches(fd, x.pattern);
  errno = before;
  if (!is_meant)
    return 0;
  if (atomic_exchange(&current_round, x.round) != x.round)
    atomic_store(&calls_seen, 0);
  long number = atomic_fetch_add(&calls_seen, 1);
  if (number < x.skip || number >= x.skip + x.count)
    return 0;
  wait_for(x.round, x.delay_ms);
  errno = x.error != 0 ? x.error : before;
  return x.error != 0;
}

/* The function that this one hides. */
#define NEXT(type, name)                                                       \
  static type next;                                                            \
  if (next == NULL)                                                            \
  next = (type)dlsym(RTLD_NEXT, name)

typedef ssize_t (*write_type)(int, const void*, size_t);
typedef ssize_t (*pwrite_type)(int, const void*, size_t, off_t);
typedef ssize_t (*pwrite64_type)(int, const void*, size_t, off64_t);
typedef int (*sync_type)(int);
typedef int (*ftruncate_type)(int, off_t);
typedef int (*ftruncate64_type)(int, off64_t);

ssize_t write(int fd, const void* data, size_t size) {
  NEXT(write_type, "write");
  return fails('w', fd) ? -1 : next(fd, data, size);
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  NEXT(pwrite_type, "pwrite");
  return fails('w', fd) ? -1 : next(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  NEXT(pwrite64_type, "pwrite64");
  return fails('w', fd) ? -1 : next(fd, data, size, at);
}

int fsync(int fd) {
  NEXT(sync_type, "fsync");
  return fails('s', fd) ? -1 : next(fd);
}

int fdatasync(int fd) {
  NEXT(sync_type, "fdatasync");
  return fails('s', fd) ? -1 : next(fd);
}

int ftruncate(int fd, off_t size) {
  NEXT(ftruncate_type, "ftruncate");
  return fails('t', fd) ? -1 : next(fd, size);
}

int ftruncate64(int fd, off64_t size) {
  NEXT(ftruncate64_type, "ftruncate64");
  return fails('t', fd) ? -1 : next(fd, size);
}
