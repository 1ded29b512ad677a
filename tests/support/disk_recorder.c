/* Records what a process does to the files of one directory, so that a test can
 * tell what a power failure would leave of them: preloaded with LD_PRELOAD.
 *
 * DISK_RECORDER_DIRECTORY names the directory, as an absolute path without
 * links. DISK_RECORDER_JOURNAL names the file that records are appended to: see
 * disk_journal.hpp. If DISK_RECORDER_BOOT names a file, its content replaces
 * the kernel's boot id, because the test opens what is left on the same boot.
 *
 * Locks, the index of a write-ahead log, which is memory, and the ballast,
 * which has no content, are left out. Syncs are recorded but not carried out:
 * the test needs no disk that is as fast.
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum kind {
  created = 1,
  written,
  resized,
  synced,
  directory_synced,
  removed,
  renamed,
  marked
};

struct record {
  uint32_t kind;
  /* Of the payload that follows. */
  uint32_t size;
  uint64_t file;
  /* An offset, or the new size. */
  uint64_t at;
};

/* The function that is hidden by the one of this library. */
#define NEXT(type, name)                                                       \
  static type next;                                                            \
  if (next == NULL)                                                            \
  next = (type)dlsym(RTLD_NEXT, name)

typedef int (*open_type)(const char*, int, ...);
typedef ssize_t (*write_type)(int, const void*, size_t);
typedef ssize_t (*pwrite_type)(int, const void*, size_t, off64_t);
typedef int (*ftruncate_type)(int, off64_t);
typedef int (*path_type)(const char*);
typedef int (*rename_type)(const char*, const char*);
typedef FILE* (*fopen_type)(const char*, const char*);

/* Held while a call is carried out and recorded, so that the journal has the
 * order in which calls took effect. */
static pthread_mutex_t in_order = PTHREAD_MUTEX_INITIALIZER;

/* -- the journal --------------------------------------------------------- */

static int journal(void) {
  static int file = -1;
  const char* name = getenv("DISK_RECORDER_JOURNAL");
  if (file < 0 && name != NULL) {
    NEXT(open_type, "open64");
    file = next(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  }
  return file;
}

static void put(const void* data, size_t size) {
  NEXT(write_type, "write");
  const char* from = data;
  while (size > 0) {
    ssize_t count = next(journal(), from, size);
    if (count <= 0) {
      perror("disk_recorder: cannot write the journal");
      abort();
    }
    from += count;
    size -= (size_t)count;
  }
}

static void record(enum kind kind, uint64_t file, uint64_t at, const void* data,
                   size_t size) {
  int before = errno;
  struct record head = {kind, (uint32_t)size, file, at};
  put(&head, sizeof head);
  put(data, size);
  errno = before;
}

/* For the process under test, which looks the function up: records that it has
 * told somebody something. */
__attribute__((visibility("default"))) void
disk_recorder_mark(const char* text) {
  pthread_mutex_lock(&in_order);
  record(marked, 0, 0, text, strlen(text));
  pthread_mutex_unlock(&in_order);
}

/* -- what is recorded ---------------------------------------------------- */

/* The part of the path after the directory: empty for the directory itself,
 * NULL for what is not recorded. */
static const char* recorded_name(const char* path) {
  static const char* const left_out[] = {"*-shm", "*.lock", "*.ballast",
                                         "* (deleted)"};
  const char* directory = getenv("DISK_RECORDER_DIRECTORY");
  if (directory == NULL)
    return NULL;
  size_t size = strlen(directory);
  if (strncmp(path, directory, size) != 0)
    return NULL;
  path += size;
  if (*path == '\0')
    return path;
  if (*path++ != '/' || *path == '\0' || strchr(path, '/') != NULL)
    return NULL;
  for (size_t i = 0; i < sizeof left_out / sizeof *left_out; ++i)
    if (fnmatch(left_out[i], path, 0) == 0)
      return NULL;
  return path;
}

struct target {
  char path[PATH_MAX];
  const char* name;
  uint64_t file;
};

/* Whether calls on this descriptor are recorded. */
static int find(int fd, struct target* x) {
  int before = errno;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, x->path, sizeof x->path - 1);
  struct stat info;
  x->name = NULL;
  if (size > 0 && fstat(fd, &info) == 0) {
    x->path[size] = '\0';
    x->name = recorded_name(x->path);
    x->file = info.st_ino;
  }
  errno = before;
  return x->name != NULL;
}

/* -- files --------------------------------------------------------------- */

static int recorded_open(const char* path, int flags, mode_t mode) {
  NEXT(open_type, "open64");
  if ((flags & (O_CREAT | O_TRUNC)) == 0 || recorded_name(path) == NULL)
    return next(path, flags, mode);
  pthread_mutex_lock(&in_order);
  int is_new = faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
  int fd = next(path, flags, mode);
  struct target x;
  if (fd >= 0 && find(fd, &x)) {
    if (is_new)
      record(created, x.file, 0, x.name, strlen(x.name));
    else if ((flags & O_TRUNC) != 0)
      record(resized, x.file, 0, NULL, 0);
  }
  pthread_mutex_unlock(&in_order);
  return fd;
}

#define MODE_OF(flags, mode)                                                   \
  mode_t mode = 0;                                                             \
  if (((flags)&O_CREAT) != 0 || ((flags)&O_TMPFILE) == O_TMPFILE) {            \
    va_list rest;                                                              \
    va_start(rest, flags);                                                     \
    mode = va_arg(rest, mode_t);                                               \
    va_end(rest);                                                              \
  }

int open(const char* path, int flags, ...) {
  MODE_OF(flags, mode);
  return recorded_open(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  MODE_OF(flags, mode);
  return recorded_open(path, flags, mode);
}

ssize_t write(int fd, const void* data, size_t size) {
  NEXT(write_type, "write");
  struct target x;
  if (!find(fd, &x))
    return next(fd, data, size);
  pthread_mutex_lock(&in_order);
  off64_t at = lseek64(fd, 0, SEEK_CUR);
  if ((fcntl(fd, F_GETFL) & O_APPEND) != 0)
    at = lseek64(fd, 0, SEEK_END);
  ssize_t count = next(fd, data, size);
  if (count > 0)
    record(written, x.file, (uint64_t)at, data, (size_t)count);
  pthread_mutex_unlock(&in_order);
  return count;
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  NEXT(pwrite_type, "pwrite64");
  struct target x;
  if (!find(fd, &x))
    return next(fd, data, size, at);
  pthread_mutex_lock(&in_order);
  ssize_t count = next(fd, data, size, at);
  if (count > 0)
    record(written, x.file, (uint64_t)at, data, (size_t)count);
  pthread_mutex_unlock(&in_order);
  return count;
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  return pwrite64(fd, data, size, at);
}

int ftruncate64(int fd, off64_t size) {
  NEXT(ftruncate_type, "ftruncate64");
  struct target x;
  if (!find(fd, &x))
    return next(fd, size);
  pthread_mutex_lock(&in_order);
  int code = next(fd, size);
  if (code == 0)
    record(resized, x.file, (uint64_t)size, NULL, 0);
  pthread_mutex_unlock(&in_order);
  return code;
}

int ftruncate(int fd, off_t size) {
  return ftruncate64(fd, size);
}

static int recorded_sync(int fd) {
  struct target x;
  if (!find(fd, &x))
    return 0;
  pthread_mutex_lock(&in_order);
  record(*x.name == '\0' ? directory_synced : synced, x.file, 0, NULL, 0);
  pthread_mutex_unlock(&in_order);
  return 0;
}

int fsync(int fd) {
  return recorded_sync(fd);
}

int fdatasync(int fd) {
  return recorded_sync(fd);
}

/* -- names --------------------------------------------------------------- */

static int recorded_removal(const char* path, path_type next) {
  const char* name = recorded_name(path);
  if (name == NULL || *name == '\0')
    return next(path);
  pthread_mutex_lock(&in_order);
  int code = next(path);
  if (code == 0)
    record(removed, 0, 0, name, strlen(name));
  pthread_mutex_unlock(&in_order);
  return code;
}

int unlink(const char* path) {
  NEXT(path_type, "unlink");
  return recorded_removal(path, next);
}

int remove(const char* path) {
  NEXT(path_type, "remove");
  return recorded_removal(path, next);
}

int rename(const char* from, const char* to) {
  NEXT(rename_type, "rename");
  const char* old = recorded_name(from);
  const char* young = recorded_name(to);
  if (old == NULL || young == NULL)
    return next(from, to);
  char names[2 * PATH_MAX];
  int size = snprintf(names, sizeof names, "%s/%s", old, young);
  pthread_mutex_lock(&in_order);
  int code = next(from, to);
  if (code == 0)
    record(renamed, 0, 0, names, (size_t)size);
  pthread_mutex_unlock(&in_order);
  return code;
}

/* -- the boot id --------------------------------------------------------- */

static const char* replaced(const char* path) {
  const char* boot = getenv("DISK_RECORDER_BOOT");
  int is_boot_id = strcmp(path, "/proc/sys/kernel/random/boot_id") == 0;
  return is_boot_id && boot != NULL ? boot : path;
}

FILE* fopen(const char* path, const char* mode) {
  NEXT(fopen_type, "fopen");
  return next(replaced(path), mode);
}

FILE* fopen64(const char* path, const char* mode) {
  NEXT(fopen_type, "fopen64");
  return next(replaced(path), mode);
}
