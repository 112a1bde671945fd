/* Status names and texts, and the last error of each thread. No Go. */
#include "bridge.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

const char *oxrtmp_status_name(oxrtmp_status status) {
  switch (status) {
#define NAME(name, number, text) \
  case number: \
    return "OXRTMP_" #name;
    OXRTMP_STATUS_MAP(NAME)
#undef NAME
  }
  return "OXRTMP_E_?";
}

const char *oxrtmp_status_text(oxrtmp_status status) {
  switch (status) {
#define TEXT(name, number, text) \
  case number: \
    return text;
    OXRTMP_STATUS_MAP(TEXT)
#undef TEXT
  }
  return "not a status of this library";
}

/* The record of a thread is allocated at its first error and freed when it ends. Only a pointer is thread-local: a Go
 * library's thread-local data must fit the little room the loader keeps for libraries that are loaded late. */
struct record {
  oxrtmp_error_detail detail;
  char text[OXRTMP_ERROR_TEXT_SIZE];
};

static _Thread_local struct record *current;
static pthread_key_t key;

static void drop_record(void *record) {
  current = NULL; /* a later destructor of the thread may still call in */
  free(record);
}

__attribute__((constructor)) static void make_key(void) { pthread_key_create(&key, drop_record); }

static struct record *thread_record(void) {
  if (current == NULL) {
    current = calloc(1, sizeof *current);
    if (current != NULL && pthread_setspecific(key, current) != 0) {
      free(current);
      current = NULL;
    }
  }
  return current;
}

/* control returns how many bytes the control character takes that p, of n bytes, begins with: one of ASCII, or in UTF-8
 * U+0080 to U+009F, which terminals obey too. 0: there is none. */
static size_t control(const unsigned char *p, size_t n) {
  if (p[0] < 0x20 || p[0] == 0x7F) {
    return 1;
  }
  return n > 1 && p[0] == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0 ? 2 : 0;
}

/* put_text copies n bytes at p to to, cut to fit at a character's boundary (UTF-8); control characters become '?', so
 * that a peer's words cannot forge lines of a log. */
static void put_text(char *to, size_t cap, const char *p, size_t n) {
  if (n > cap - 1) {
    for (n = cap - 1; n > 0 && ((unsigned char)p[n] & 0xC0) == 0x80; n--) {
    }
  }
  for (size_t i = 0; i < n;) {
    size_t taken = control((const unsigned char *)p + i, n - i);
    *to++ = taken > 0 ? '?' : p[i];
    i += taken > 0 ? taken : 1;
  }
  *to = 0;
}

void ox_set_error(oxrtmp_status status, int32_t os_error, int32_t tls_alert, const char *phase, size_t phase_size,
                  const char *code, size_t code_size, const char *description, size_t description_size,
                  const char *message, size_t message_size) {
  struct record *r = thread_record();
  if (r == NULL) {
    return;
  }
  r->detail.struct_size = sizeof r->detail;
  r->detail.status = status;
  r->detail.os_error = os_error;
  r->detail.tls_alert = tls_alert;
  put_text(r->detail.phase, sizeof r->detail.phase, phase, phase_size);
  put_text(r->detail.code, sizeof r->detail.code, code, code_size);
  put_text(r->detail.description, sizeof r->detail.description, description, description_size);
  int n = snprintf(r->text, sizeof r->text, "%s: ", oxrtmp_status_name(status));
  put_text(r->text + n, sizeof r->text - (size_t)n, message, message_size);
}

oxrtmp_status ox_fail(oxrtmp_status status, const char *message) {
  ox_set_error(status, 0, -1, "", 0, "", 0, "", 0, message, strlen(message));
  return status;
}

oxrtmp_status oxrtmp_last_error(char *buf, size_t cap) {
  OX_ENTER();
  if (buf == NULL || cap == 0) {
    return OXRTMP_E_ARGUMENT; /* the error that is asked for stays */
  }
  const char *text = current != NULL ? current->text : "";
  put_text(buf, cap, text, strlen(text));
  return OXRTMP_OK;
}

oxrtmp_status oxrtmp_last_error_detail(oxrtmp_error_detail *detail) {
  OX_ENTER();
  if (detail == NULL || !ox_is_sized(detail)) {
    return OXRTMP_E_ARGUMENT;
  }
  static const oxrtmp_error_detail none = {.tls_alert = -1};
  ox_write_struct(detail, current != NULL ? &current->detail : &none, sizeof none);
  return OXRTMP_OK;
}
