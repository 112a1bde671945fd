/* The two guards around Go's run-time system: its threads take no signals, and a forked child is told. */
#define _GNU_SOURCE
#include "bridge.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

int ox_child;
static const unsigned char always_one = 1;
const volatile unsigned char *ox_page = &always_one;

static sigset_t host_mask;

static void in_child(void) { ox_child = 1; }

/* before_go runs ahead of Go's own constructor, which starts the first thread: Go keeps the mask it finds then for all
 * its threads. Signals sent to the process so go to the host's threads, as if the library had none, and a peer that is
 * gone never raises SIGPIPE. Left open are those that a thread causes itself, and the one that Go interrupts its own
 * threads with. */
__attribute__((constructor(101))) static void before_go(void) {
  static const int open[] = {SIGURG, SIGPROF, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};
  sigset_t mask;
  sigfillset(&mask);
  for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
    sigdelset(&mask, open[i]);
  }
  pthread_sigmask(SIG_BLOCK, &mask, &host_mask);
}

/* after_go gives the host its mask back, and arms the fork guards: a handler for fork, and a page that the kernel clears
 * for children made by other means (clone). */
__attribute__((constructor)) static void after_go(void) {
  pthread_sigmask(SIG_SETMASK, &host_mask, NULL);
  pthread_atfork(NULL, NULL, in_child);
#ifdef MADV_WIPEONFORK
  unsigned char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page != MAP_FAILED && madvise(page, 4096, MADV_WIPEONFORK) == 0) {
    *page = 1;
    ox_page = page;
  }
#endif
}
