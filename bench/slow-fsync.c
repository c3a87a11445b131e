/* A disk that takes 5 ms to sync, for bench/slow-disk.mjs: preloaded into the process. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

static void pause_5_ms(void) {
  struct timespec span = {0, 5000000};
  nanosleep(&span, 0);
}

int fsync(int file) {
  pause_5_ms();
  return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(file);
}

int fdatasync(int file) {
  pause_5_ms();
  return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(file);
}
