/* A terminal that changes its mode slowly, for the console of a test: preloaded
 * with LD_PRELOAD. What is typed right after the prompt then arrives before the
 * change. */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <termios.h>
#include <time.h>

typedef int (*tcsetattr_type)(int, int, const struct termios*);

int tcsetattr(int terminal, int when, const struct termios* mode) {
  struct timespec delay = {.tv_sec = 0, .tv_nsec = 200 * 1000 * 1000};
  tcsetattr_type next = (tcsetattr_type)dlsym(RTLD_NEXT, "tcsetattr");
  nanosleep(&delay, NULL);
  return next(terminal, when, mode);
}
