/* guard.h: what stands between a caller and Go. */
#ifndef OX_GUARD_H
#define OX_GUARD_H

#include <stdbool.h>

extern int ox_child;                          /* set by the fork handler in a child */
extern const volatile unsigned char *ox_page; /* 1; the kernel clears it in a child made without fork handlers */

/* ox_after_go does nothing; to call it links aftergo.c. It returns 0. */
int ox_after_go(void);

/* ox_forked reports whether this is a forked child, where Go's threads do not exist. */
static inline bool ox_forked(void) { return __builtin_expect(ox_child || !*ox_page, 0); }

/* OX_ENTER opens every public function that does more than return a constant. */
#define OX_ENTER() \
  do { \
    if (ox_forked()) { \
      return OXRTMP_E_FORKED; \
    } \
  } while (0)

/* OX_REQUIRE refuses an argument, naming it in the error's detail. */
#define OX_REQUIRE(condition, message) \
  do { \
    if (!(condition)) { \
      return ox_fail(OXRTMP_E_ARGUMENT, message); \
    } \
  } while (0)

/* OX_OUT refuses a null pointer for an output and sets the output to zero, so that it is zero on every error. */
#define OX_OUT(pointer) \
  do { \
    OX_REQUIRE((pointer) != NULL, #pointer " is NULL"); \
    memset((pointer), 0, sizeof *(pointer)); \
  } while (0)

#endif
