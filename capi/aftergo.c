/* The part of the guards that runs after Go's own constructor. Constructors without a priority run in the order in which
 * the linker meets them, and in a static library it meets this file only because Go calls ox_after_go: after Go. */
#define _GNU_SOURCE
#include "bridge.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

extern sigset_t ox_host_mask;

static void in_child(void) { ox_child = 1; }

/* after_go gives the host its mask back, and arms the fork guards: a handler for fork, and a page that the kernel clears
 * for children made by other means (clone). */
__attribute__((constructor)) static void after_go(void) {
  pthread_sigmask(SIG_SETMASK, &ox_host_mask, NULL);
  pthread_atfork(NULL, NULL, in_child);
#ifdef MADV_WIPEONFORK
  unsigned char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page != MAP_FAILED && madvise(page, 4096, MADV_WIPEONFORK) == 0) {
    *page = 1;
    ox_page = page;
  }
#endif
}

int ox_after_go(void) { return 0; }
