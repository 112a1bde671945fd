/* The two guards around Go's run-time system, its threads take no signals, and a forked child is told: the part that runs
 * before Go. The other part is in aftergo.c. */
#define _GNU_SOURCE
#include "bridge.h"

#include <pthread.h>
#include <signal.h>

int ox_child;
static const unsigned char always_one = 1;
const volatile unsigned char *ox_page = &always_one;

sigset_t ox_host_mask;         /* for aftergo.c */
struct sigaction ox_host_urgent; /* the same */

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
  pthread_sigmask(SIG_BLOCK, &mask, &ox_host_mask);
  sigaction(SIGURG, NULL, &ox_host_urgent);
}
