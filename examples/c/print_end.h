/* What the examples on event loops say of a stream that has ended. */
#ifndef PRINT_END_H
#define PRINT_END_H

#include <stdbool.h>
#include <stdio.h>

/* print_end tells that a stream has ended. Its name is the peer's and may hold anything: what a terminal could obey is
 * shown as '?'. */
static inline void print_end(const char *name) {
  printf("end ");
  while (*name != 0) {
    unsigned char c = (unsigned char)name[0], next = (unsigned char)name[1];
    bool above = c == 0xC2 && next >= 0x80 && next < 0xA0; /* U+0080 to U+009F */
    putchar(c < 0x20 || c == 0x7F || above ? '?' : c);
    name += above ? 2 : 1;
  }
  printf("\n");
  fflush(stdout);
}

#endif
