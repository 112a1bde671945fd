/* The library's structs as dicts: options in, figures out. */
#include "native.h"

#define U32(name) NATIVE_FIELD(STRUCT, name, FIELD_U32)
#define I32(name) NATIVE_FIELD(STRUCT, name, FIELD_I32)
#define U64(name) NATIVE_FIELD(STRUCT, name, FIELD_U64)
#define I64(name) NATIVE_FIELD(STRUCT, name, FIELD_I64)
#define F64(name) NATIVE_FIELD(STRUCT, name, FIELD_F64)
#define BOOL(name) NATIVE_FIELD(STRUCT, name, FIELD_BOOL)
#define TEXT(name) NATIVE_FIELD(STRUCT, name, FIELD_TEXT)
#define CHARS(name) NATIVE_FIELD(STRUCT, name, FIELD_CHARS)
#define CODEC(name) NATIVE_FIELD(STRUCT, name, FIELD_CODEC)
#define PHASE(name) NATIVE_FIELD(STRUCT, name, FIELD_PHASE)
#define HANDLE(name) NATIVE_FIELD(STRUCT, name, FIELD_HANDLE)
#define ELSEWHERE(name) NATIVE_FIELD(STRUCT, name, FIELD_ELSEWHERE)
#define END {NULL, 0, 0, FIELD_U32}

#define STRUCT oxrtmp_server_options
const field native_server_options[] = {
    U32(chunk_size), U32(window_ack_size), U32(peer_bandwidth),   BOOL(ask_connection),
    BOOL(ask_connect), BOOL(ask_fc_publish), BOOL(send_on_bw_done), I32(linger_ms), BOOL(ask_play), BOOL(no_wait),
    I32(send_timeout_ms), U32(output_bytes), HANDLE(hub), BOOL(ask_publish), BOOL(play_recorded), BOOL(no_sample_access),
    BOOL(data_start), BOOL(answer_calls), U32(enhanced), ELSEWHERE(capabilities),
    U32(strict), U32(keep_bytes), I32(keep_alive_ms), U32(user_timeout_ms), U32(receive_buffer_bytes), U32(send_buffer_bytes),
    U32(events), BOOL(ask_media_tag), I32(stats_interval_ms), U32(login_scheme), TEXT(proxy_from),
    ELSEWHERE(users), ELSEWHERE(tls), END};
#undef STRUCT

#define STRUCT oxrtmp_client_options
const field native_client_options[] = {
    U32(chunk_size), TEXT(app), TEXT(stream_name), TEXT(tc_url), TEXT(flash_version), TEXT(swf_url), TEXT(page_url),
    TEXT(publish_type), BOOL(digest_handshake), BOOL(no_wait), I32(send_timeout_ms), I32(linger_ms), U32(output_bytes),
    BOOL(live_only), U32(buffer_length_ms), I64(start_ms), I64(duration_ms), TEXT(user), TEXT(password),
    BOOL(follow_redirects), BOOL(answer_calls), U32(enhanced), ELSEWHERE(capabilities), I32(keep_alive_ms), U32(user_timeout_ms), U32(receive_buffer_bytes), U32(send_buffer_bytes),
    BOOL(drop_video), BOOL(reconnect), U32(retry_min_ms), U32(retry_max_ms), U32(attempts), BOOL(follow_reconnects),
    ELSEWHERE(tls), ELSEWHERE(mask), END};
#undef STRUCT

#define STRUCT oxrtmp_limits
const field native_limits[] = {
    U32(message_bytes), U32(partial_bytes), U32(early_message_bytes), U32(early_partial_bytes), U32(chunk_streams),
    U32(message_streams), U32(amf_depth), U32(amf_values), U32(early_amf_values), U32(name_bytes), U32(idle_messages),
    U32(output_bytes), U32(queue_bytes), U32(connections), U32(connections_per_address), U32(pending_requests),
    U32(pending_calls), U32(read_chunks), U32(handshakes), END};
#undef STRUCT

#define STRUCT oxrtmp_timeouts
const field native_timeouts[] = {
    I32(resolve_ms), I32(dial_ms), I32(handshake_ms), I32(connect_ms), I32(create_stream_ms), I32(publish_ms),
    I32(decision_ms), I32(setup_ms), I32(first_media_ms), I32(idle_ms), I32(write_ms), END};
#undef STRUCT

#define STRUCT oxrtmp_recorder_options
const field native_recorder_options[] = {U32(index_bytes), U64(rotate_bytes), I64(rotate_duration_ms), END};
#undef STRUCT

#define STRUCT oxrtmp_metadata
const field native_metadata[] = {
    CODEC(video_codec), CODEC(audio_codec), BOOL(stereo), F64(width), F64(height), F64(frame_rate), F64(video_data_rate),
    F64(audio_data_rate), F64(audio_sample_rate), F64(audio_sample_size), F64(audio_channels), F64(audio_delay),
    F64(duration), F64(file_size), BOOL(can_seek_to_end), CHARS(surround), CHARS(creation_date), CHARS(encoder),
    ELSEWHERE(tracks), END};
#undef STRUCT

#define STRUCT oxrtmp_track_info
static const field track_info[] = {
    U32(type),  U32(track),  CODEC(codec),     F64(data_rate),
    F64(width), F64(height), F64(sample_rate), F64(channels),  END};
#undef STRUCT

#define STRUCT oxrtmp_play2
const field native_play2[] = {
    BOOL(live_only), TEXT(stream_name), TEXT(old_stream_name), TEXT(transition), I64(start_ms), I64(duration_ms),
    I64(offset_ms), TEXT(json), END};
#undef STRUCT

#define STRUCT oxrtmp_statistics
const field native_statistics[] = {
    U32(timestamp_ms), I64(duration_ns), I64(keyframe_interval_ns), U64(bytes), U64(packets), U64(audio_packets),
    U64(video_packets), U64(data_packets), U64(keyframes), U64(malformed), U64(queued_bytes), U64(audio_bytes),
    U64(video_bytes), U64(dropped), U64(audio_bitrate), U64(video_bitrate), F64(frame_rate), END};
#undef STRUCT

#define STRUCT oxrtmp_failure
const field native_failure[] = {I32(status), PHASE(phase), U64(connection), U64(offset), CHARS(peer), CHARS(text), END};
#undef STRUCT

#define STRUCT oxrtmp_connection_statistics
const field native_connection_statistics[] = {
    PHASE(phase), U64(number), I64(duration_ns), U64(bytes_received), U64(bytes_sent), U64(queued_bytes), I64(rtt_ns),
    I64(rtt_variation_ns), I64(ping_rtt_ns), U64(resent_segments), U64(messages_received), U64(packets_received),
    U64(malformed), U64(ignored), U64(unknown), U64(faulty), END};
#undef STRUCT

#define STRUCT oxrtmp_connect_info
const field native_connect_info[] = {U32(encoder),      BOOL(fpad),         F64(capabilities),    F64(audio_codecs),
                                     F64(video_codecs), F64(video_function), F64(object_encoding), END};
#undef STRUCT

#define STRUCT oxrtmp_library_info
const field native_library_info[] = {U32(handles),    U64(packets),    U64(payload_bytes), U64(pooled_bytes),
                                     U64(heap_bytes), U32(goroutines), U32(faults),        U32(processors),
                                     U64(heap_limit), END};
#undef STRUCT

#define STRUCT oxrtmp_play_info
const field native_play_info[] = {BOOL(reset),   U32(buffer_length_ms), BOOL(play2),       F64(start),
                                  F64(duration), F64(offset),           CHARS(transition), END};
#undef STRUCT

#define STRUCT oxrtmp_hub_options
const field native_hub_options[] = {
    U32(cache_policy),     U32(cache_bytes), U32(cache_frames),    U32(slow_policy), U32(slow_bytes),
    U32(disconnect_bytes), U32(takeover),    I32(silent_after_ms), I32(grace_ms),    BOOL(wait_for_publisher),
    U32(coalesce_ms),      U32(chunk_size),  U32(timestamps),      U32(wait_limit_ms), ELSEWHERE(mask), U32(codecs), END};
#undef STRUCT

#define STRUCT oxrtmp_hub_info
const field native_hub_info[] = {
    U32(streams), U32(publishers),  U32(players),        U64(bytes),
    U64(packets), U64(frames_sent), U64(frames_dropped), U64(cached_bytes),
    U64(messages_lost), I64(duration_ns), END};
#undef STRUCT

#define STRUCT oxrtmp_stream_info
const field native_stream_info[] = {
    BOOL(published),  U32(players),      U32(timestamp_ms),  I64(duration_ns),    I64(keyframe_interval_ns), U64(bytes),
    U64(packets),     U64(audio_packets), U64(video_packets), U64(data_packets),   U64(keyframes),            U64(malformed),
    U64(frames_sent), U64(frames_dropped), U64(cached_bytes), CHARS(publisher), U64(messages_lost), I64(published_ns),
    CODEC(video_codec), CODEC(audio_codec), END};
#undef STRUCT

#define STRUCT oxrtmp_relay_info
const field native_relay_info[] = {
    BOOL(pull),         U32(state),         I32(status),        I64(since_ns),     U64(connections),    U64(retries),
    U64(bytes),         U64(packets),       U64(audio_packets), U64(video_packets), U64(data_packets), U64(queued_bytes),
    U64(frames_dropped), CHARS(text),       END};
#undef STRUCT

#define STRUCT oxrtmp_tls_options
static const field tls_options[] = {
    BOOL(insecure), TEXT(certificate_file), TEXT(key_file),    TEXT(certificate_pem), TEXT(key_pem),
    TEXT(ca_file),  TEXT(ca_pem),           TEXT(server_name), TEXT(pin),             END};
#undef STRUCT

#define STRUCT oxrtmp_mask
static const field mask_fields[] = {
    BOOL(no_audio), BOOL(no_video), BOOL(no_data), BOOL(keyframes_only), U32(track), ELSEWHERE(codecs), END};
#undef STRUCT

#define STRUCT oxrtmp_engine_counters
const field native_engine_counters[] = {
    U64(bytes_received), U64(messages_received), U64(packets_received),  U64(packets_sent),     U64(malformed), U64(ignored),
    U64(unknown),        U64(faulty),            U64(requests_rejected), U64(requests_expired), END};
#undef STRUCT

#define STRUCT oxrtmp_color_info
const field native_color_info[] = {
    U32(sections), U32(bit_depth), U32(color_primaries), U32(transfer_characteristics), U32(matrix_coefficients),
    F64(max_frame_average_light), F64(max_light), F64(red_x), F64(red_y), F64(green_x), F64(green_y), F64(blue_x),
    F64(blue_y), F64(white_point_x), F64(white_point_y), F64(max_luminance), F64(min_luminance), END};
#undef STRUCT

/* ---- Python to C ---- */

static bool fill_integer(char *at, const field *f, PyObject *value) {
  long long number = PyLong_AsLongLong(value);
  if (number == -1 && PyErr_Occurred()) {
    if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
      PyErr_Clear();
      PyErr_Format(PyExc_ValueError, "%s cannot be %R", f->name, value);
    }
    return false;
  }
  bool fits = f->type == FIELD_U32   ? number >= 0 && number <= UINT32_MAX
              : f->type == FIELD_I32 ? number >= INT32_MIN && number <= INT32_MAX
              : f->type == FIELD_U64 ? number >= 0
                                     : true;
  if (!fits) {
    PyErr_Format(PyExc_ValueError, "%s cannot be %lld", f->name, number);
    return false;
  }
  if (f->size == 4) {
    *(uint32_t *)at = (uint32_t)number;
  } else {
    *(uint64_t *)at = (uint64_t)number;
  }
  return true;
}

/* wrong_type says that a value is of a type that the field cannot have. */
static bool wrong_type(const field *f, PyObject *value) {
  PyErr_Clear();
  PyObject *name = PyType_GetName(Py_TYPE(value));
  if (name != NULL) {
    PyErr_Format(PyExc_TypeError, "%s cannot be of type %U", f->name, name);
    Py_DECREF(name);
  }
  return false;
}

static bool fill_text(char *at, const field *f, PyObject *value) {
  if (!PyUnicode_Check(value)) {
    return wrong_type(f, value);
  }
  Py_ssize_t size;
  const char *text = PyUnicode_AsUTF8AndSize(value, &size);
  if (text == NULL) {
    return false;
  }
  if (strlen(text) != (size_t)size) {
    PyErr_Format(PyExc_ValueError, "%s holds a NUL character", f->name);
    return false;
  }
  if (f->type == FIELD_TEXT) {
    *(const char **)at = text;
    return true;
  }
  if ((size_t)size >= f->size) {
    PyErr_Format(PyExc_ValueError, "%s is longer than %zu bytes", f->name, f->size - 1);
    return false;
  }
  memcpy(at, text, (size_t)size + 1);
  return true;
}

static bool fill_field(char *at, const field *f, PyObject *value) {
  switch (f->type) {
  case FIELD_U32:
  case FIELD_I32:
  case FIELD_U64:
  case FIELD_I64:
    return fill_integer(at, f, value);
  case FIELD_F64:
    *(double *)at = PyFloat_AsDouble(value);
    return !PyErr_Occurred();
  case FIELD_BOOL:
    *(uint32_t *)at = PyObject_IsTrue(value) > 0;
    return !PyErr_Occurred();
  case FIELD_TEXT:
  case FIELD_CHARS:
    return fill_text(at, f, value);
  case FIELD_CODEC:
    return native_codec_number(value, (uint32_t *)at);
  case FIELD_HANDLE:
    *(uint64_t *)at = PyLong_AsUnsignedLongLong(value);
    return !PyErr_Occurred();
  case FIELD_PHASE: /* of figures, not of options */
  case FIELD_ELSEWHERE: /* by native_tls, native_mask_fill, native_capabilities_given, users_fill or native_metadata_fill */
    return true;
  }
  return false;
}

bool native_fill(void *out, const field *fields, PyObject *dict) {
  PyObject *key, *value;
  Py_ssize_t position = 0;
  while (PyDict_Next(dict, &position, &key, &value)) {
    const field *f = fields;
    while (f->name != NULL && !(PyUnicode_Check(key) && PyUnicode_CompareWithASCIIString(key, f->name) == 0)) {
      f++;
    }
    if (f->name == NULL) {
      PyErr_Format(PyExc_TypeError, "there is no option %R", key);
      return false;
    }
    if (!fill_field((char *)out + f->offset, f, value)) {
      return PyErr_ExceptionMatches(PyExc_TypeError) ? wrong_type(f, value) : false;
    }
  }
  return true;
}

bool native_tls(oxrtmp_tls_options *tls, const oxrtmp_tls_options **given, PyObject *options) {
  PyObject *dict = PyDict_GetItemString(options, "tls"); /* borrowed */
  *given = dict != NULL ? tls : NULL;
  oxrtmp_tls_options_init(tls);
  return dict == NULL || native_fill(tls, tls_options, dict);
}

bool native_mask_fill(native_mask *mask, const oxrtmp_mask **given, PyObject *options) {
  PyObject *dict = PyDict_GetItemString(options, "mask"); /* borrowed */
  *given = dict != NULL ? &mask->mask : NULL;
  oxrtmp_mask_init(&mask->mask);
  if (dict == NULL || !native_fill(&mask->mask, mask_fields, dict)) {
    return dict == NULL;
  }
  PyObject *codecs = PyDict_GetItemString(dict, "codecs"); /* a list, or none */
  Py_ssize_t count = codecs != NULL ? PyList_Size(codecs) : 0, most = sizeof mask->codecs / sizeof mask->codecs[0];
  if (count > most) {
    PyErr_Format(PyExc_ValueError, "a mask has %zd codecs at most", most);
    return false;
  }
  for (Py_ssize_t i = 0; i < count; i++) {
    if (!native_codec_number(PyList_GetItem(codecs, i), &mask->codecs[i])) {
      return false;
    }
  }
  mask->mask.codecs = codecs != NULL ? mask->codecs : NULL;
  mask->mask.codec_count = (size_t)count;
  return !PyErr_Occurred();
}

bool native_metadata_fill(native_metadata_input *in, PyObject *dict) {
  oxrtmp_metadata_init(&in->metadata);
  in->metadata.tracks = in->tracks;
  PyObject *list = PyDict_GetItemString(dict, "tracks"); /* borrowed; a list of dicts, or none */
  Py_ssize_t count = list != NULL ? PyList_Size(list) : 0;
  if (count > NATIVE_TRACKS) {
    PyErr_Format(PyExc_ValueError, "metadata tells of %d tracks at most", NATIVE_TRACKS);
    return false;
  }
  for (Py_ssize_t i = 0; i < count; i++) {
    memset(&in->tracks[i], 0, sizeof in->tracks[i]);
    if (!native_fill(&in->tracks[i], track_info, PyList_GetItem(list, i))) {
      return false;
    }
  }
  in->metadata.track_count = count > 0 ? (size_t)count : 0;
  return !PyErr_Occurred() && native_fill(&in->metadata, native_metadata, dict);
}

/* users_fill reads the item "users", a list of names and passwords in turn. */
static bool users_fill(native_server_input *in, PyObject *options) {
  PyObject *list = PyDict_GetItemString(options, "users"); /* borrowed */
  Py_ssize_t count = list != NULL ? PyList_Size(list) / 2 : 0;
  in->users = count > 0 ? calloc((size_t)count, sizeof *in->users) : NULL;
  if (count > 0 && in->users == NULL) {
    PyErr_NoMemory();
  }
  for (Py_ssize_t i = 0; i < count && !PyErr_Occurred(); i++) {
    static const field name = {"a user's name", 0, sizeof(char *), FIELD_TEXT},
                       password = {"a password", 0, sizeof(char *), FIELD_TEXT};
    if (fill_text((char *)&in->users[i].name, &name, PyList_GetItem(list, 2 * i))) {
      fill_text((char *)&in->users[i].password, &password, PyList_GetItem(list, 2 * i + 1));
    }
  }
  in->options.users = in->users;
  in->options.user_count = (size_t)count;
  return !PyErr_Occurred();
}

void native_server_input_free(native_server_input *in) {
  free(in->users);
  in->users = NULL;
}

bool native_server_input_fill(native_server_input *in, PyObject *options, PyObject *limits, PyObject *timeouts) {
  oxrtmp_server_options_init(&in->options);
  oxrtmp_limits_init(&in->limits);
  oxrtmp_timeouts_init(&in->timeouts);
  in->options.limits = &in->limits;
  in->options.timeouts = &in->timeouts;
  in->users = NULL;
  if (native_fill(&in->options, native_server_options, options) && native_fill(&in->limits, native_limits, limits) &&
      native_fill(&in->timeouts, native_timeouts, timeouts) && native_tls(&in->tls, &in->options.tls, options) &&
      native_capabilities_given(&in->capabilities, &in->options.capabilities, options) && users_fill(in, options)) {
    return true;
  }
  native_server_input_free(in);
  return false;
}

bool native_client_input_fill(native_client_input *in, PyObject *options, PyObject *limits, PyObject *timeouts) {
  oxrtmp_client_options_init(&in->options);
  oxrtmp_limits_init(&in->limits);
  oxrtmp_timeouts_init(&in->timeouts);
  in->options.limits = &in->limits;
  in->options.timeouts = &in->timeouts;
  return native_fill(&in->options, native_client_options, options) && native_fill(&in->limits, native_limits, limits) &&
         native_fill(&in->timeouts, native_timeouts, timeouts) && native_tls(&in->tls, &in->options.tls, options) &&
         native_capabilities_given(&in->capabilities, &in->options.capabilities, options) &&
         native_mask_fill(&in->mask, &in->options.mask, options);
}

/* ---- C to Python ---- */

static PyObject *field_value(const char *at, const field *f) {
  switch (f->type) {
  case FIELD_U32:
    return PyLong_FromUnsignedLong(*(const uint32_t *)at);
  case FIELD_I32:
    return PyLong_FromLong(*(const int32_t *)at);
  case FIELD_U64:
  case FIELD_HANDLE:
    return PyLong_FromUnsignedLongLong(*(const uint64_t *)at);
  case FIELD_I64:
    return PyLong_FromLongLong(*(const int64_t *)at);
  case FIELD_F64:
    return PyFloat_FromDouble(*(const double *)at);
  case FIELD_BOOL:
    return PyBool_FromLong(*(const uint32_t *)at != 0);
  case FIELD_TEXT:
    return native_text(*(const char *const *)at, strlen(*(const char *const *)at));
  case FIELD_CHARS:
    return native_text(at, strnlen(at, f->size));
  case FIELD_CODEC:
    return native_codec_text(*(const uint32_t *)at);
  case FIELD_PHASE:
    return PyUnicode_FromString(oxrtmp_phase_name(*(const uint32_t *)at));
  case FIELD_ELSEWHERE:
    break;
  }
  return NULL;
}

PyObject *native_dict(const void *in, const field *fields) {
  PyObject *dict = PyDict_New();
  for (const field *f = fields; dict != NULL && f->name != NULL; f++) {
    if (f->type == FIELD_ELSEWHERE) {
      continue;
    }
    PyObject *value = field_value((const char *)in + f->offset, f);
    if (value == NULL || PyDict_SetItemString(dict, f->name, value) < 0) {
      Py_CLEAR(dict);
    }
    Py_XDECREF(value);
  }
  return dict;
}

PyObject *native_metadata_dict(const oxrtmp_metadata *metadata, const oxrtmp_track_info *tracks, size_t count) {
  PyObject *dict = native_dict(metadata, native_metadata), *list = PyList_New(0);
  for (size_t i = 0; list != NULL && i < count; i++) {
    PyObject *track = native_dict(&tracks[i], track_info);
    if (track == NULL || PyList_Append(list, track) < 0) {
      Py_CLEAR(list);
    }
    Py_XDECREF(track);
  }
  if (dict != NULL && (list == NULL || PyDict_SetItemString(dict, "tracks", list) < 0)) {
    Py_CLEAR(dict);
  }
  Py_XDECREF(list);
  return dict;
}

PyObject *native_codec_text(uint32_t codec) {
  char text[4] = {(char)(codec >> 24), (char)(codec >> 16), (char)(codec >> 8), (char)codec};
  return PyUnicode_DecodeLatin1(text, codec != 0 ? 4 : 0, NULL);
}

bool native_codec_number(PyObject *text, uint32_t *codec) {
  if (!PyUnicode_Check(text)) {
    PyErr_Format(PyExc_TypeError, "a codec is a str, not %R", (PyObject *)Py_TYPE(text));
    return false;
  }
  PyObject *bytes = PyUnicode_AsLatin1String(text);
  if (bytes == NULL) {
    return false;
  }
  const unsigned char *c = (const unsigned char *)PyBytes_AsString(bytes);
  Py_ssize_t size = PyBytes_Size(bytes);
  bool right = size == 0 || size == 4;
  if (right) {
    *codec = size == 0 ? 0 : OXRTMP_FOURCC(c[0], c[1], c[2], c[3]);
  } else {
    PyErr_SetString(PyExc_ValueError, "a codec is four characters, or none");
  }
  Py_DECREF(bytes);
  return right;
}
