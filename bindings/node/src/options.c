/* Options and metadata: objects of JavaScript to structs of C, by tables. lib/options.js has the same names; a test
 * compares them. */
#include "fields.h"

#include <stdlib.h>
#include <string.h>

static const struct field limits_fields[] = {
    FIELD(U32, oxrtmp_limits, "messageBytes", message_bytes),
    FIELD(U32, oxrtmp_limits, "partialBytes", partial_bytes),
    FIELD(U32, oxrtmp_limits, "earlyMessageBytes", early_message_bytes),
    FIELD(U32, oxrtmp_limits, "earlyPartialBytes", early_partial_bytes),
    FIELD(U32, oxrtmp_limits, "chunkStreams", chunk_streams),
    FIELD(U32, oxrtmp_limits, "messageStreams", message_streams),
    FIELD(U32, oxrtmp_limits, "amfDepth", amf_depth),
    FIELD(U32, oxrtmp_limits, "amfValues", amf_values),
    FIELD(U32, oxrtmp_limits, "earlyAmfValues", early_amf_values),
    FIELD(U32, oxrtmp_limits, "nameBytes", name_bytes),
    FIELD(U32, oxrtmp_limits, "idleMessages", idle_messages),
    FIELD(U32, oxrtmp_limits, "outputBytes", output_bytes),
    FIELD(U32, oxrtmp_limits, "queueBytes", queue_bytes),
    FIELD(U32, oxrtmp_limits, "connections", connections),
    FIELD(U32, oxrtmp_limits, "connectionsPerAddress", connections_per_address),
    FIELD(U32, oxrtmp_limits, "pendingRequests", pending_requests),
    FIELD(U32, oxrtmp_limits, "pendingCalls", pending_calls),
    FIELD(U32, oxrtmp_limits, "readChunks", read_chunks),
    FIELD(U32, oxrtmp_limits, "handshakes", handshakes),
    END};

static const struct field timeouts_fields[] = {
    FIELD(I32, oxrtmp_timeouts, "resolveMs", resolve_ms),
    FIELD(I32, oxrtmp_timeouts, "dialMs", dial_ms),
    FIELD(I32, oxrtmp_timeouts, "handshakeMs", handshake_ms),
    FIELD(I32, oxrtmp_timeouts, "connectMs", connect_ms),
    FIELD(I32, oxrtmp_timeouts, "createStreamMs", create_stream_ms),
    FIELD(I32, oxrtmp_timeouts, "publishMs", publish_ms),
    FIELD(I32, oxrtmp_timeouts, "decisionMs", decision_ms),
    FIELD(I32, oxrtmp_timeouts, "setupMs", setup_ms),
    FIELD(I32, oxrtmp_timeouts, "firstMediaMs", first_media_ms),
    FIELD(I32, oxrtmp_timeouts, "idleMs", idle_ms),
    FIELD(I32, oxrtmp_timeouts, "writeMs", write_ms),
    END};

static const struct field server_fields[] = {
    FIELD(U32, oxrtmp_server_options, "chunkSize", chunk_size),
    FIELD(U32, oxrtmp_server_options, "windowAckSize", window_ack_size),
    FIELD(U32, oxrtmp_server_options, "peerBandwidth", peer_bandwidth),
    FIELD(U32, oxrtmp_server_options, "askConnection", ask_connection),
    FIELD(U32, oxrtmp_server_options, "askConnect", ask_connect),
    FIELD(U32, oxrtmp_server_options, "askFcPublish", ask_fc_publish),
    FIELD(U32, oxrtmp_server_options, "sendOnBwDone", send_on_bw_done),
    FIELD(I32, oxrtmp_server_options, "lingerMs", linger_ms),
    FIELD(U32, oxrtmp_server_options, "askPlay", ask_play),
    FIELD(U32, oxrtmp_server_options, "outputBytes", output_bytes),
    FIELD(U32, oxrtmp_server_options, "askPublish", ask_publish),
    FIELD(U32, oxrtmp_server_options, "answerCalls", answer_calls),
    FIELD(U32, oxrtmp_server_options, "enhanced", enhanced),
    FIELD(U32, oxrtmp_server_options, "strict", strict),
    FIELD(U32, oxrtmp_server_options, "keepBytes", keep_bytes),
    FIELD(I32, oxrtmp_server_options, "keepAliveMs", keep_alive_ms),
    FIELD(U32, oxrtmp_server_options, "userTimeoutMs", user_timeout_ms),
    FIELD(U32, oxrtmp_server_options, "receiveBufferBytes", receive_buffer_bytes),
    FIELD(U32, oxrtmp_server_options, "sendBufferBytes", send_buffer_bytes),
    FIELD(U32, oxrtmp_server_options, "playRecorded", play_recorded),
    FIELD(U32, oxrtmp_server_options, "noSampleAccess", no_sample_access),
    FIELD(U32, oxrtmp_server_options, "dataStart", data_start),
    FIELD(U32, oxrtmp_server_options, "events", events),
    FIELD(U32, oxrtmp_server_options, "askMediaTag", ask_media_tag),
    FIELD(I32, oxrtmp_server_options, "statsIntervalMs", stats_interval_ms),
    FIELD(U32, oxrtmp_server_options, "loginScheme", login_scheme),
    FIELD(TEXT_POINTER, oxrtmp_server_options, "proxyFrom", proxy_from),
    END};

static const struct field tls_fields[] = {
    FIELD(U32, oxrtmp_tls_options, "insecure", insecure),
    FIELD(TEXT_POINTER, oxrtmp_tls_options, "certificateFile", certificate_file),
    FIELD(TEXT_POINTER, oxrtmp_tls_options, "keyFile", key_file),
    FIELD(TEXT_POINTER, oxrtmp_tls_options, "certificatePem", certificate_pem),
    FIELD(TEXT_POINTER, oxrtmp_tls_options, "keyPem", key_pem),
    FIELD(TEXT_POINTER, oxrtmp_tls_options, "caFile", ca_file),
    FIELD(TEXT_POINTER, oxrtmp_tls_options, "caPem", ca_pem),
    FIELD(TEXT_POINTER, oxrtmp_tls_options, "serverName", server_name),
    FIELD(TEXT_POINTER, oxrtmp_tls_options, "pin", pin),
    END};

static const struct field mask_fields[] = {
    FIELD(U32, oxrtmp_mask, "noAudio", no_audio),
    FIELD(U32, oxrtmp_mask, "noVideo", no_video),
    FIELD(U32, oxrtmp_mask, "noData", no_data),
    FIELD(U32, oxrtmp_mask, "keyframesOnly", keyframes_only),
    FIELD(U32, oxrtmp_mask, "track", track),
    END};

static const struct field relay_fields[] = {
    FIELD(U32, oxrtmp_relay_options, "onDemand", on_demand),
    FIELD(U32, oxrtmp_relay_options, "idleAfterMs", idle_after_ms),
    FIELD(U32, oxrtmp_relay_options, "retryMinMs", retry_min_ms),
    FIELD(U32, oxrtmp_relay_options, "retryMaxMs", retry_max_ms),
    FIELD(U32, oxrtmp_relay_options, "attempts", attempts),
    END};

static const struct field hub_fields[] = {
    FIELD(U32, oxrtmp_hub_options, "cachePolicy", cache_policy),
    FIELD(U32, oxrtmp_hub_options, "cacheBytes", cache_bytes),
    FIELD(U32, oxrtmp_hub_options, "cacheFrames", cache_frames),
    FIELD(U32, oxrtmp_hub_options, "slowPolicy", slow_policy),
    FIELD(U32, oxrtmp_hub_options, "slowBytes", slow_bytes),
    FIELD(U32, oxrtmp_hub_options, "disconnectBytes", disconnect_bytes),
    FIELD(U32, oxrtmp_hub_options, "takeover", takeover),
    FIELD(I32, oxrtmp_hub_options, "silentAfterMs", silent_after_ms),
    FIELD(I32, oxrtmp_hub_options, "graceMs", grace_ms),
    FIELD(U32, oxrtmp_hub_options, "waitForPublisher", wait_for_publisher),
    FIELD(U32, oxrtmp_hub_options, "coalesceMs", coalesce_ms),
    FIELD(U32, oxrtmp_hub_options, "chunkSize", chunk_size),
    FIELD(U32, oxrtmp_hub_options, "timestamps", timestamps),
    FIELD(U32, oxrtmp_hub_options, "waitLimitMs", wait_limit_ms),
    FIELD(U32, oxrtmp_hub_options, "codecs", codecs),
    END};

static const struct field client_fields[] = {
    FIELD(U32, oxrtmp_client_options, "chunkSize", chunk_size),
    FIELD(TEXT_POINTER, oxrtmp_client_options, "app", app),
    FIELD(TEXT_POINTER, oxrtmp_client_options, "streamName", stream_name),
    FIELD(TEXT_POINTER, oxrtmp_client_options, "tcUrl", tc_url),
    FIELD(TEXT_POINTER, oxrtmp_client_options, "flashVersion", flash_version),
    FIELD(TEXT_POINTER, oxrtmp_client_options, "swfUrl", swf_url),
    FIELD(TEXT_POINTER, oxrtmp_client_options, "pageUrl", page_url),
    FIELD(TEXT_POINTER, oxrtmp_client_options, "publishType", publish_type),
    FIELD(U32, oxrtmp_client_options, "digestHandshake", digest_handshake),
    FIELD(I32, oxrtmp_client_options, "lingerMs", linger_ms),
    FIELD(U32, oxrtmp_client_options, "outputBytes", output_bytes),
    FIELD(U32, oxrtmp_client_options, "liveOnly", live_only),
    FIELD(U32, oxrtmp_client_options, "answerCalls", answer_calls),
    FIELD(U32, oxrtmp_client_options, "enhanced", enhanced),
    FIELD(U32, oxrtmp_client_options, "bufferLengthMs", buffer_length_ms),
    FIELD(I64, oxrtmp_client_options, "startMs", start_ms),
    FIELD(I64, oxrtmp_client_options, "durationMs", duration_ms),
    FIELD(I32, oxrtmp_client_options, "keepAliveMs", keep_alive_ms),
    FIELD(U32, oxrtmp_client_options, "userTimeoutMs", user_timeout_ms),
    FIELD(U32, oxrtmp_client_options, "receiveBufferBytes", receive_buffer_bytes),
    FIELD(U32, oxrtmp_client_options, "sendBufferBytes", send_buffer_bytes),
    FIELD(TEXT_POINTER, oxrtmp_client_options, "user", user),
    FIELD(TEXT_POINTER, oxrtmp_client_options, "password", password),
    FIELD(U32, oxrtmp_client_options, "followRedirects", follow_redirects),
    FIELD(U32, oxrtmp_client_options, "dropVideo", drop_video),
    FIELD(U32, oxrtmp_client_options, "reconnect", reconnect),
    FIELD(U32, oxrtmp_client_options, "retryMinMs", retry_min_ms),
    FIELD(U32, oxrtmp_client_options, "retryMaxMs", retry_max_ms),
    FIELD(U32, oxrtmp_client_options, "attempts", attempts),
    FIELD(U32, oxrtmp_client_options, "followReconnects", follow_reconnects),
    END};

static const struct field recorder_fields[] = {
    FIELD(U32, oxrtmp_recorder_options, "indexBytes", index_bytes),
    FIELD(U64, oxrtmp_recorder_options, "rotateBytes", rotate_bytes),
    FIELD(I64, oxrtmp_recorder_options, "rotateDurationMs", rotate_duration_ms),
    END};

const struct field metadata_fields[] = {
    FIELD(CODEC, oxrtmp_metadata, "videoCodec", video_codec),
    FIELD(CODEC, oxrtmp_metadata, "audioCodec", audio_codec),
    FIELD(U32, oxrtmp_metadata, "stereo", stereo),
    FIELD(F64, oxrtmp_metadata, "width", width),
    FIELD(F64, oxrtmp_metadata, "height", height),
    FIELD(F64, oxrtmp_metadata, "frameRate", frame_rate),
    FIELD(F64, oxrtmp_metadata, "videoDataRate", video_data_rate),
    FIELD(F64, oxrtmp_metadata, "audioDataRate", audio_data_rate),
    FIELD(F64, oxrtmp_metadata, "audioSampleRate", audio_sample_rate),
    FIELD(F64, oxrtmp_metadata, "audioSampleSize", audio_sample_size),
    FIELD(F64, oxrtmp_metadata, "audioChannels", audio_channels),
    FIELD(F64, oxrtmp_metadata, "audioDelay", audio_delay),
    FIELD(F64, oxrtmp_metadata, "duration", duration),
    FIELD(F64, oxrtmp_metadata, "fileSize", file_size),
    FIELD(U32, oxrtmp_metadata, "canSeekToEnd", can_seek_to_end),
    FIELD(TEXT_ARRAY, oxrtmp_metadata, "surround", surround),
    FIELD(TEXT_ARRAY, oxrtmp_metadata, "creationDate", creation_date),
    FIELD(TEXT_ARRAY, oxrtmp_metadata, "encoder", encoder),
    END};

/* ---- reading ---- */

static bool read_text(napi_env env, napi_value value, const struct field *f, char *at) {
  size_t length;
  if (f->type == TEXT_ARRAY) {
    return napi_get_value_string_utf8(env, value, at, f->size, &length) == napi_ok;
  }
  if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) {
    return false;
  }
  char *text = malloc(length + 1);
  memcpy(at, &text, sizeof text);
  return text != NULL && napi_get_value_string_utf8(env, value, text, length + 1, &length) == napi_ok;
}

/* get_own reads an object's own property, undefined where it has none: what somebody has added to all objects is no option. */
static bool get_own(napi_env env, napi_value object, const char *name, napi_value *value) {
  napi_value key;
  bool there;
  if (napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &key) != napi_ok ||
      napi_has_own_property(env, object, key, &there) != napi_ok) {
    return false;
  }
  return (there ? napi_get_property(env, object, key, value) : napi_get_undefined(env, value)) == napi_ok;
}

/* read_field reads a number, or true and false as 1 and 0. lib/options.js has checked their ranges. */
static bool read_field(napi_env env, napi_value value, const struct field *f, char *at) {
  if (f->type == TEXT_POINTER || f->type == TEXT_ARRAY) {
    return read_text(env, value, f, at);
  }
  double number;
  if (napi_coerce_to_number(env, value, &value) != napi_ok || napi_get_value_double(env, value, &number) != napi_ok) {
    return false;
  }
  uint32_t u32 = (uint32_t)number;
  int32_t i32 = (int32_t)number;
  uint64_t u64 = (uint64_t)number;
  int64_t i64 = (int64_t)number;
  const void *from = f->type == U32 || f->type == CODEC ? (void *)&u32
                     : f->type == I32                   ? (void *)&i32
                     : f->type == U64                   ? (void *)&u64
                     : f->type == I64                   ? (void *)&i64
                                                        : (void *)&number;
  memcpy(at, from, f->size);
  return true;
}

static bool read_fields(napi_env env, napi_value object, const struct field *fields, void *out) {
  for (const struct field *f = fields; f->name != NULL; f++) {
    napi_value value;
    napi_valuetype type;
    if (!get_own(env, object, f->name, &value) || napi_typeof(env, value, &type) != napi_ok) {
      return false;
    }
    if (type != napi_undefined && !read_field(env, value, f, (char *)out + f->offset)) {
      fail_argument(env, f->name);
      return false;
    }
  }
  return true;
}

static bool is_object(struct arguments *a, size_t at) {
  napi_valuetype type;
  return napi_typeof(a->env, a->values[at], &type) == napi_ok && type == napi_object;
}

/* read_nested reads the struct of an object's property, if it has one. */
static bool read_nested(napi_env env, napi_value object, const char *name, const struct field *fields, void *out) {
  napi_value value;
  napi_valuetype type;
  if (!get_own(env, object, name, &value) || napi_typeof(env, value, &type) != napi_ok) {
    return false;
  }
  return type != napi_object || read_fields(env, value, fields, out);
}

/* free_texts frees what read_fields has made. */
static void free_texts(const struct field *fields, void *from) {
  for (const struct field *f = fields; f->name != NULL; f++) {
    if (f->type == TEXT_POINTER) {
      char *text;
      memcpy(&text, (char *)from + f->offset, sizeof text);
      free(text);
    }
  }
}

void tls_options_free(oxrtmp_tls_options *o) {
  free_texts(tls_fields, o);
}

bool get_tls_options(struct arguments *a, size_t at, oxrtmp_tls_options *o) {
  oxrtmp_tls_options_init(o);
  return !is_object(a, at) || read_fields(a->env, a->values[at], tls_fields, o);
}

/* read_tls reads the property tls, if there is one, and points to it. */
static bool read_tls(napi_env env, napi_value object, oxrtmp_tls_options *tls, const oxrtmp_tls_options **option) {
  bool there = false;
  napi_value value;
  napi_valuetype type;
  if (!get_own(env, object, "tls", &value) || napi_typeof(env, value, &type) != napi_ok) {
    return false;
  }
  there = type == napi_object;
  *option = there ? tls : NULL;
  return !there || read_fields(env, value, tls_fields, tls);
}

/* read_hub reads the handle that a property is, if it is there. */
static bool read_hub(napi_env env, napi_value object, oxrtmp_hub *hub) {
  napi_value value;
  void *handle;
  if (!get_own(env, object, "hub", &value)) {
    return false;
  }
  if (napi_get_value_external(env, value, &handle) == napi_ok && ((struct handle *)handle)->kind == HUB) {
    hub->id = ((struct handle *)handle)->id;
  }
  return true;
}

/* read_mask reads a mask; lib/ says codecs by a Uint32Array that is not empty, which is borrowed. */
static bool read_mask(napi_env env, napi_value object, oxrtmp_mask *mask) {
  napi_value codecs;
  bool is_array;
  void *data;
  if (!read_fields(env, object, mask_fields, mask) || !get_own(env, object, "codecs", &codecs) ||
      napi_is_typedarray(env, codecs, &is_array) != napi_ok) {
    return false;
  }
  if (!is_array) {
    return true;
  }
  if (napi_get_typedarray_info(env, codecs, NULL, &mask->codec_count, &data, NULL, NULL) != napi_ok) {
    return false;
  }
  mask->codecs = data;
  return true;
}

bool get_mask(struct arguments *a, size_t at, oxrtmp_mask *mask) {
  oxrtmp_mask_init(mask);
  return !is_object(a, at) || read_mask(a->env, a->values[at], mask);
}

/* read_mask_option reads the property mask, if there is one, and points to it. */
static bool read_mask_option(napi_env env, napi_value object, oxrtmp_mask *mask, const oxrtmp_mask **option) {
  napi_value value;
  napi_valuetype type;
  oxrtmp_mask_init(mask);
  if (!get_own(env, object, "mask", &value) || napi_typeof(env, value, &type) != napi_ok) {
    return false;
  }
  *option = type == napi_object ? mask : NULL;
  return type != napi_object || read_mask(env, value, mask);
}

/* read_users reads the property users: names and passwords in turn. */
static bool read_users(napi_env env, napi_value object, struct server_settings *s) {
  static const struct field text = {NULL, TEXT_POINTER, 0, sizeof(char *)};
  napi_value list, one;
  uint32_t count;
  bool there;
  if (!get_own(env, object, "users", &list) || napi_is_array(env, list, &there) != napi_ok) {
    return false;
  }
  if (!there || napi_get_array_length(env, list, &count) != napi_ok || count < 2) {
    return true;
  }
  s->users = calloc(count / 2, sizeof *s->users);
  if (s->users == NULL) {
    return false;
  }
  s->options.users = s->users;
  s->options.user_count = count / 2;
  for (uint32_t i = 0; i < count / 2 * 2; i++) {
    const char **at = i % 2 == 0 ? &s->users[i / 2].name : &s->users[i / 2].password;
    if (napi_get_element(env, list, i, &one) != napi_ok || !read_text(env, one, &text, (char *)at)) {
      return false;
    }
  }
  return true;
}

void server_settings_free(struct server_settings *s) {
  for (size_t i = 0; s->users != NULL && i < s->options.user_count; i++) {
    free((char *)s->users[i].name);
    free((char *)s->users[i].password);
  }
  free(s->users);
  free_texts(server_fields, &s->options);
  tls_options_free(&s->tls);
}

/* read_capabilities reads the words of capabilities, which lib/enhanced.js has checked, if there are any. */
static bool read_capabilities(napi_env env, napi_value object, oxrtmp_capabilities *c, const oxrtmp_capabilities **given) {
  napi_value value;
  void *words;
  size_t size;
  bool there = false;
  *given = NULL;
  if (!get_own(env, object, "capabilities", &value) ||
      napi_is_buffer(env, value, &there) != napi_ok || !there) {
    return true;
  }
  if (napi_get_buffer_info(env, value, &words, &size) != napi_ok || size != sizeof *c) {
    return false;
  }
  memcpy(c, words, size);
  *given = c;
  return true;
}

bool get_server_settings(struct arguments *a, size_t at, struct server_settings *s) {
  s->users = NULL;
  oxrtmp_server_options_init(&s->options);
  oxrtmp_limits_init(&s->limits);
  oxrtmp_timeouts_init(&s->timeouts);
  oxrtmp_tls_options_init(&s->tls);
  s->options.limits = &s->limits;
  s->options.timeouts = &s->timeouts;
  s->options.no_wait = 1; /* as below */
  return !is_object(a, at) || (read_fields(a->env, a->values[at], server_fields, &s->options) &&
                               read_hub(a->env, a->values[at], &s->options.hub) &&
                               read_users(a->env, a->values[at], s) &&
                               read_capabilities(a->env, a->values[at], &s->capabilities, &s->options.capabilities) &&
                               read_tls(a->env, a->values[at], &s->tls, &s->options.tls) &&
                               read_nested(a->env, a->values[at], "limits", limits_fields, &s->limits) &&
                               read_nested(a->env, a->values[at], "timeouts", timeouts_fields, &s->timeouts));
}

static bool read_client_settings(napi_env env, napi_value object, struct client_settings *s) {
  return read_fields(env, object, client_fields, &s->options) && read_tls(env, object, &s->tls, &s->options.tls) &&
         read_mask_option(env, object, &s->mask, &s->options.mask) &&
         read_capabilities(env, object, &s->capabilities, &s->options.capabilities) &&
         read_nested(env, object, "limits", limits_fields, &s->limits) &&
         read_nested(env, object, "timeouts", timeouts_fields, &s->timeouts);
}

static void client_settings_init(struct client_settings *s) {
  oxrtmp_client_options_init(&s->options);
  oxrtmp_limits_init(&s->limits);
  oxrtmp_timeouts_init(&s->timeouts);
  oxrtmp_tls_options_init(&s->tls);
  s->options.limits = &s->limits;
  s->options.timeouts = &s->timeouts;
  s->options.no_wait = 1; /* the event loop must not wait for room: there is an event for it */
}

bool get_client_settings(struct arguments *a, size_t at, struct client_settings *s) {
  client_settings_init(s);
  return !is_object(a, at) || read_client_settings(a->env, a->values[at], s);
}

void client_settings_free(struct client_settings *s) {
  free_texts(client_fields, &s->options);
  tls_options_free(&s->tls);
}

bool get_limits(struct arguments *a, size_t at, oxrtmp_limits *l) {
  oxrtmp_limits_init(l);
  return !is_object(a, at) || read_fields(a->env, a->values[at], limits_fields, l);
}

bool get_hub_settings(struct arguments *a, size_t at, struct hub_settings *s) {
  oxrtmp_hub_options_init(&s->options);
  return !is_object(a, at) || (read_fields(a->env, a->values[at], hub_fields, &s->options) &&
                               read_mask_option(a->env, a->values[at], &s->mask, &s->options.mask));
}

bool get_relay_settings(struct arguments *a, size_t at, struct relay_settings *s) {
  napi_value client;
  napi_valuetype type;
  oxrtmp_relay_options_init(&s->options);
  client_settings_init(&s->client);
  s->options.client = &s->client.options;
  if (!is_object(a, at)) {
    return true;
  }
  return read_fields(a->env, a->values[at], relay_fields, &s->options) &&
         read_mask_option(a->env, a->values[at], &s->mask, &s->options.mask) &&
         get_own(a->env, a->values[at], "client", &client) &&
         napi_typeof(a->env, client, &type) == napi_ok &&
         (type != napi_object || read_client_settings(a->env, client, &s->client));
}

bool get_recorder_options(struct arguments *a, size_t at, oxrtmp_recorder_options *o) {
  oxrtmp_recorder_options_init(o);
  return !is_object(a, at) || read_fields(a->env, a->values[at], recorder_fields, o);
}

bool get_metadata(struct arguments *a, size_t at, oxrtmp_metadata *m) {
  const uint8_t *tracks;
  size_t size;
  oxrtmp_metadata_init(m);
  if (!get_bytes(a, at + 1, &tracks, &size) ||
      (is_object(a, at) && !read_fields(a->env, a->values[at], metadata_fields, m))) {
    return false;
  }
  m->tracks = (const oxrtmp_track_info *)(const void *)tracks;
  m->track_count = size / sizeof *m->tracks;
  return true;
}

bool get_play2(struct arguments *a, size_t at, oxrtmp_play2 *p) {
  double start, duration, offset;
  char *name = NULL, *old = NULL, *transition = NULL, *json = NULL;
  oxrtmp_play2_init(p);
  bool right = get_string(a, at, &name) && get_string(a, at + 1, &old) && get_string(a, at + 2, &transition) &&
               get_string(a, at + 3, &json) && get_u32(a, at + 4, &p->live_only) && get_double(a, at + 5, &start) &&
               get_double(a, at + 6, &duration) && get_double(a, at + 7, &offset);
  p->stream_name = name;
  p->old_stream_name = old;
  p->transition = transition;
  p->json = json;
  if (right) {
    p->start_ms = (int64_t)start;
    p->duration_ms = (int64_t)duration;
    p->offset_ms = (int64_t)offset;
  }
  return right;
}

void play2_free(oxrtmp_play2 *p) {
  free((char *)p->stream_name);
  free((char *)p->old_stream_name);
  free((char *)p->transition);
  free((char *)p->json);
}

/* optionNames(): the names of the tables above, for the test that compares them with those of lib/options.js. */
napi_value option_names(napi_env env, napi_callback_info info) {
  (void)info;
  const struct {
    const char *name;
    const struct field *fields;
  } tables[] = {{"limits", limits_fields}, {"timeouts", timeouts_fields}, {"server", server_fields},
                {"client", client_fields}, {"tls", tls_fields}, {"hub", hub_fields}, {"mask", mask_fields}, {"relay", relay_fields},
                {"recorder", recorder_fields},
                {"metadata", metadata_fields}};
  napi_value object;
  if (napi_create_object(env, &object) != napi_ok) {
    return NULL;
  }
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
    napi_value names;
    uint32_t count = 0;
    if (napi_create_array(env, &names) != napi_ok) {
      return NULL;
    }
    for (const struct field *f = tables[i].fields; f->name != NULL; f++) {
      napi_set_element(env, names, count++, make_string(env, f->name, strlen(f->name)));
    }
    set_named(env, object, tables[i].name, names);
  }
  return object;
}
