/* The responses of logins. */
#include "bridge.h"

#include "_cgo_export.h"

oxrtmp_status oxrtmp_authmod_adobe(const char *user, const char *password, const char *salt, const char *challenge,
                                   const char *opaque, const char *client_challenge, char *buf, size_t cap,
                                   size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  OX_REQUIRE(user != NULL, "user is NULL");
  OX_REQUIRE(password != NULL, "password is NULL");
  OX_REQUIRE(salt != NULL, "salt is NULL");
  OX_REQUIRE(challenge != NULL, "challenge is NULL");
  OX_REQUIRE(client_challenge != NULL, "client_challenge is NULL");
  return oxgo_authmod_adobe((char *)user, (char *)password, (char *)salt, (char *)challenge, (char *)opaque,
                            (char *)client_challenge, buf, cap, length);
}

oxrtmp_status oxrtmp_authmod_llnw(const char *user, const char *password, const char *app, const char *nonce,
                                  const char *count, const char *client_nonce, char *buf, size_t cap, size_t *length) {
  OX_ENTER();
  OX_TEXT_OUT(buf, cap, length);
  OX_REQUIRE(user != NULL, "user is NULL");
  OX_REQUIRE(password != NULL, "password is NULL");
  OX_REQUIRE(app != NULL, "app is NULL");
  OX_REQUIRE(nonce != NULL, "nonce is NULL");
  OX_REQUIRE(count != NULL, "count is NULL");
  OX_REQUIRE(client_nonce != NULL, "client_nonce is NULL");
  return oxgo_authmod_llnw((char *)user, (char *)password, (char *)app, (char *)nonce, (char *)count,
                           (char *)client_nonce, buf, cap, length);
}
