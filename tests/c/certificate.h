/* certificate.h: a certificate for localhost and 127.0.0.1, made for the test by openssl. */
#ifndef CERTIFICATE_H
#define CERTIFICATE_H

#include "check.h"

static struct {
  char directory[64], certificate[128], key[128];
  char certificate_pem[4096], key_pem[4096];
} own;

static inline void read_text(const char *path, char *to, size_t size) {
  FILE *f = fopen(path, "r");
  CHECK(f != NULL);
  size_t n = fread(to, 1, size - 1, f);
  CHECK(n > 0 && n < size - 1);
  to[n] = 0;
  fclose(f);
}

/* make_certificate fills own. */
static inline void make_certificate(void) {
  char command[1024];
  strcpy(own.directory, "/tmp/oxrtmp-tls-XXXXXX");
  CHECK(mkdtemp(own.directory) != NULL);
  snprintf(own.certificate, sizeof own.certificate, "%s/certificate.pem", own.directory);
  snprintf(own.key, sizeof own.key, "%s/key.pem", own.directory);
  snprintf(command, sizeof command,
           "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
           " -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout %s -out %s 2>/dev/null",
           own.key, own.certificate);
  CHECK(system(command) == 0);
  read_text(own.certificate, own.certificate_pem, sizeof own.certificate_pem);
  read_text(own.key, own.key_pem, sizeof own.key_pem);
}

static inline void remove_certificate(void) {
  CHECK(unlink(own.certificate) == 0 && unlink(own.key) == 0 && rmdir(own.directory) == 0);
}

#endif
