/* The part of the guards that runs after Go's own constructor. Constructors without a priority run in the order in which
 * the linker meets them, and in a static library it meets this file only because Go calls ox_after_go: after Go. */
#define _GNU_SOURCE
#include "bridge.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

extern sigset_t ox_host_mask;
extern struct sigaction ox_host_urgent;

static struct sigaction go_urgent;

/* urgent gives a SIGURG to Go, and to the handler that the host had: Go hands on all others that it handles, but not
 * this one, by which its threads interrupt one another. Those it sends are for a thread, from this process. */
static void urgent(int number, siginfo_t *info, void *context) {
  go_urgent.sa_sigaction(number, info, context);
  if (info->si_code == SI_TKILL && info->si_pid == getpid()) {
    return;
  }
  if (ox_host_urgent.sa_flags & SA_SIGINFO) {
    ox_host_urgent.sa_sigaction(number, info, context);
  } else {
    ox_host_urgent.sa_handler(number);
  }
}

static void keep_urgent(void) {
  if (ox_host_urgent.sa_handler == SIG_DFL || ox_host_urgent.sa_handler == SIG_IGN) {
    return;
  }
  struct sigaction action;
  if (sigaction(SIGURG, NULL, &go_urgent) == 0 && (go_urgent.sa_flags & SA_SIGINFO) &&
      go_urgent.sa_sigaction != ox_host_urgent.sa_sigaction) {
    action = go_urgent;
    action.sa_sigaction = urgent;
    sigaction(SIGURG, &action, NULL);
  }
}

static void in_child(void) { ox_child = 1; }

/* after_go gives the host its mask and its handler of SIGURG back, and arms the fork guards: a handler for fork, and a page that the kernel clears
 * for children made by other means (clone). */
__attribute__((constructor)) static void after_go(void) {
  pthread_sigmask(SIG_SETMASK, &ox_host_mask, NULL);
  keep_urgent();
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
