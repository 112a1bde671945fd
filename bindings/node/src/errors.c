/* Errors: what the library says about the last call that failed, as an object of which lib/ makes an OxrtmpError. */
#include "addon.h"

#include <string.h>

void failure_get(struct failure *f, oxrtmp_status status) {
  f->detail = (oxrtmp_error_detail){.struct_size = sizeof f->detail};
  oxrtmp_last_error_detail(&f->detail);
  if (f->detail.status != status) { /* a status that came without a record of its own */
    f->detail = (oxrtmp_error_detail){.struct_size = sizeof f->detail, .status = status, .tls_alert = -1};
    strncpy(f->text, oxrtmp_status_text(status), sizeof f->text - 1);
    f->text[sizeof f->text - 1] = 0;
    return;
  }
  if (oxrtmp_last_error(f->text, sizeof f->text) != OXRTMP_OK) {
    f->text[0] = 0;
  }
}

napi_value failure_make(napi_env env, const struct failure *f) {
  napi_value object;
  if (napi_create_object(env, &object) != napi_ok) {
    return NULL;
  }
  const oxrtmp_error_detail *d = &f->detail;
  set_named(env, object, "failed", make_status(env, d->status));
  set_named(env, object, "message", make_string(env, f->text, strlen(f->text)));
  set_named(env, object, "phase", make_string(env, d->phase, strlen(d->phase)));
  set_named(env, object, "peerCode", make_string(env, d->code, strlen(d->code)));
  set_named(env, object, "description", make_string(env, d->description, strlen(d->description)));
  set_named(env, object, "osError", make_status(env, d->os_error));
  set_named(env, object, "tlsAlert", make_status(env, d->tls_alert));
  return object;
}

/* lastError(status): about the last call on this thread, which returned status. */
napi_value last_error(napi_env env, napi_callback_info info) {
  struct arguments a;
  int32_t status;
  if (!arguments_get(env, info, &a) || !get_i32(&a, 0, &status)) {
    return NULL;
  }
  struct failure f;
  failure_get(&f, status);
  return failure_make(env, &f);
}
