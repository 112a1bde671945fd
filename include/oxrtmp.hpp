/* oxrtmp.hpp: libxrtmp for C++17. A class for each handle of oxrtmp.h, which ends it with its life, and nothing more:
 * each method is the C function oxrtmp_CLASS_METHOD, and its comment in oxrtmp.h is the method's too. Header only; it
 * needs C++17 or later, with exceptions. Run-time type information it does not need.
 *
 * A server that lets in the publisher who knows the stream name, and records what it sends. The program is complete:
 *
 *   #include <oxrtmp.hpp>
 *   #include <iostream>
 *   int main() try {
 *     oxrtmp::server server("127.0.0.1:1935");
 *     for (oxrtmp::request request; server.accept(request) == OXRTMP_OK;) {
 *       if (request.stream_name() != "secret") { request.reject("unauthorized"); continue; }
 *       oxrtmp::session session = request.accept();
 *       oxrtmp::recorder recorder("recorded.flv");
 *       for (const oxrtmp::packet &packet : session.packets()) {
 *         std::cout << packet->timestamp_ms << " ms, " << packet.data().size() << " bytes\n";
 *         recorder.write(packet);
 *       }
 *     }
 *   } catch (const oxrtmp::error &error) {
 *     std::cerr << error.what() << '\n';
 *     return 1;
 *   }
 *
 * - Errors are thrown, as oxrtmp::error. What is no error is returned by the methods that are [[nodiscard]]: OXRTMP_OK,
 *   E_TIMEOUT when the time is over, E_AGAIN when there is nothing or no room, E_EOF at the end, and E_CLOSED when it
 *   was closed on this side, in another thread too.
 * - Objects move and do not copy, but packets do: a copy is a second reference. get() is the C handle, for the functions
 *   that have no method here; release() hands it over.
 * - Methods may be called in any thread at the same time, close() too, which wakes those who wait. Moving, assigning and
 *   destroying an object is for one thread alone.
 * - Options are the C structs with their fields cleared: oxrtmp::server_options options; options.ask_play = 1;
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef OXRTMP_HPP
#define OXRTMP_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "oxrtmp.h"

namespace oxrtmp {

using status = oxrtmp_status;
using milliseconds = std::chrono::milliseconds;

/** As a timeout: without bound. */
inline constexpr milliseconds forever{-1};

/** A call that failed: what() is oxrtmp_last_error. */
class error : public std::runtime_error {
 public:
  explicit error(oxrtmp::status code) : std::runtime_error(text(code)), code_(code) {
    detail_.struct_size = sizeof detail_;
    oxrtmp_last_error_detail(&detail_);
  }
  oxrtmp::status status() const noexcept { return code_; }
  /** Phase, the peer's code and words, errno, TLS alert. */
  const oxrtmp_error_detail &detail() const noexcept { return detail_; }

 private:
  static std::string text(oxrtmp::status code) {
    char buffer[OXRTMP_ERROR_TEXT_SIZE];
    oxrtmp_last_error(buffer, sizeof buffer);
    return buffer[0] != '\0' ? buffer : oxrtmp_status_text(code);
  }
  oxrtmp::status code_;
  oxrtmp_error_detail detail_{};
};

namespace detail {

inline void check(status code) {
  if (code != OXRTMP_OK) throw error(code);
}

/** The outcomes that are no errors are returned, the others thrown. A handle that was live once is closed. */
inline status outcome(status code, std::uint64_t id) {
  switch (code) {
    case OXRTMP_OK:
    case OXRTMP_E_TIMEOUT:
    case OXRTMP_E_AGAIN:
    case OXRTMP_E_EOF:
    case OXRTMP_E_CLOSED:
      return code;
    case OXRTMP_E_HANDLE:
      if (id != 0) return OXRTMP_E_CLOSED;
  }
  throw error(code);
}

inline std::int32_t timeout(milliseconds time) {
  if (time.count() < 0) return -1;
  return time.count() > INT32_MAX ? INT32_MAX : static_cast<std::int32_t>(time.count());
}

/** What a function writes to a buffer, of whatever length it is. */
template <class Function, class... Arguments>
std::string text(Function function, Arguments... arguments) {
  std::string result(127, '\0');
  std::size_t length = 0;
  status code = OXRTMP_OK;
  while ((code = function(arguments..., &result[0], result.size() + 1, &length)) == OXRTMP_E_BUFFER) {
    result.resize(length);
  }
  check(code);
  result.resize(length);
  return result;
}

/** The same for bytes, which no NUL ends. */
template <class Function, class... Arguments>
std::vector<std::uint8_t> bytes(Function function, Arguments... arguments) {
  std::vector<std::uint8_t> result(256);
  std::size_t length = 0;
  status code = OXRTMP_OK;
  while ((code = function(arguments..., result.data(), result.size(), &length)) == OXRTMP_E_BUFFER) {
    result.resize(length);
  }
  check(code);
  result.resize(length);
  return result;
}

/** A struct that a function fills. */
template <class Struct, class Function, class... Arguments>
Struct filled(Function function, Arguments... arguments) {
  Struct result{};
  result.struct_size = sizeof result;
  check(function(arguments..., &result));
  return result;
}

/** A handle that its owner ends. */
template <class Handle, status (*Close)(Handle)>
class owner {
 public:
  owner() noexcept = default;
  /** Take over a handle of the C interface. */
  explicit owner(Handle handle) noexcept : handle_(handle) {}
  owner(owner &&other) noexcept : handle_(other.release()) {}
  owner &operator=(owner &&other) noexcept {
    if (this != &other) {
      reset();
      handle_ = other.release();
    }
    return *this;
  }
  ~owner() { reset(); }

  Handle get() const noexcept { return handle_; }
  std::uint64_t id() const noexcept { return handle_.id; }
  explicit operator bool() const noexcept { return handle_.id != 0; }
  /** Give the handle away: it is the caller's to close. */
  Handle release() noexcept { return std::exchange(handle_, Handle{}); }
  /** End it, whatever comes of it. */
  void reset() noexcept {
    if (handle_.id != 0) Close(release());
  }
  /** End it, and hear what comes of it. In any thread; the object stays, closed. */
  void close() const {
    if (handle_.id != 0) check(Close(handle_));
  }

 protected:
  Handle handle_{};
};

/** A C struct of options, cleared. */
template <class Struct, status (*Init)(Struct *)>
struct options : Struct {
  options() noexcept : Struct() { Init(this); }
};

}  // namespace detail

using limits = detail::options<oxrtmp_limits, oxrtmp_limits_init>;
using timeouts = detail::options<oxrtmp_timeouts, oxrtmp_timeouts_init>;
using server_options = detail::options<oxrtmp_server_options, oxrtmp_server_options_init>;
using session_options = detail::options<oxrtmp_session_options, oxrtmp_session_options_init>;
using client_options = detail::options<oxrtmp_client_options, oxrtmp_client_options_init>;
using queue_options = detail::options<oxrtmp_queue_options, oxrtmp_queue_options_init>;
using hub_options = detail::options<oxrtmp_hub_options, oxrtmp_hub_options_init>;
using relay_options = detail::options<oxrtmp_relay_options, oxrtmp_relay_options_init>;
using tls_options = detail::options<oxrtmp_tls_options, oxrtmp_tls_options_init>;
using mask = detail::options<oxrtmp_mask, oxrtmp_mask_init>;
using recorder_options = detail::options<oxrtmp_recorder_options, oxrtmp_recorder_options_init>;
using metadata = detail::options<oxrtmp_metadata, oxrtmp_metadata_init>;
using play2 = detail::options<oxrtmp_play2, oxrtmp_play2_init>;
using capabilities = detail::options<oxrtmp_capabilities, oxrtmp_capabilities_init>;
using runtime_options = detail::options<oxrtmp_runtime_options, oxrtmp_runtime_options_init>;
using channels = detail::options<oxrtmp_channels, oxrtmp_channels_init>;
using color_info = detail::options<oxrtmp_color_info, oxrtmp_color_info_init>;
using amf_options = detail::options<oxrtmp_amf_options, oxrtmp_amf_options_init>;
using handshake_options = detail::options<oxrtmp_handshake_options, oxrtmp_handshake_options_init>;

/** Bytes that somebody else owns. */
class bytes_view {
 public:
  bytes_view(const std::uint8_t *data, std::size_t size) noexcept : data_(data), size_(size) {}
  template <class Container, class = decltype(std::declval<const Container &>().data())>
  bytes_view(const Container &container) noexcept
      : data_(reinterpret_cast<const std::uint8_t *>(container.data())), size_(container.size()) {
    static_assert(sizeof *container.data() == 1, "bytes are wanted");
  }
  const std::uint8_t *data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  const std::uint8_t *begin() const noexcept { return data_; }
  const std::uint8_t *end() const noexcept { return data_ + size_; }
  std::uint8_t operator[](std::size_t index) const noexcept { return data_[index]; }

 private:
  const std::uint8_t *data_;
  std::size_t size_;
};

/** A packet, and a reference to its memory. */
class packet {
 public:
  packet() noexcept = default;
  /** Take over the reference of a packet of the C interface, or stand for one over memory of the caller's. */
  explicit packet(const oxrtmp_packet &c) noexcept : c_(c) {}
  /** Move the packet out of a PACKET event. */
  explicit packet(oxrtmp_event &event) noexcept {
    if (event.type == OXRTMP_EVENT_PACKET) c_ = std::exchange(event.u.packet, oxrtmp_packet{});
  }
  packet(const packet &other) { detail::check(oxrtmp_packet_retain(&other.c_, &c_)); }
  packet(packet &&other) noexcept : c_(std::exchange(other.c_, oxrtmp_packet{})) {}
  packet &operator=(packet other) noexcept {
    std::swap(c_, other.c_);
    return *this;
  }
  ~packet() { oxrtmp_packet_release(&c_); }

  /** Its fields: timestamp_ms, codec, flags, ... */
  const oxrtmp_packet *operator->() const noexcept { return &c_; }
  const oxrtmp_packet &get() const noexcept { return c_; }
  /** The C struct, for a function that fills it: what was there is released. */
  oxrtmp_packet *out() noexcept {
    oxrtmp_packet_release(&c_);
    c_ = oxrtmp_packet{};
    return &c_;
  }
  bytes_view data() const noexcept { return {c_.data, c_.size}; }
  bytes_view raw() const noexcept { return {c_.raw, c_.raw_size}; }
  bool keyframe() const noexcept { return (c_.flags & OXRTMP_PACKET_KEYFRAME) != 0; }
  std::string handler() const { return detail::text(oxrtmp_packet_handler, &c_); }
  std::string json() const { return detail::text(oxrtmp_packet_json, &c_); }

 private:
  oxrtmp_packet c_{};
};

/** Packets in the order in which a source has them, until it ends: for (const auto &packet : session.packets()). */
template <class Source>
class packet_range {
 public:
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = packet;
    using difference_type = std::ptrdiff_t;
    using pointer = packet *;
    using reference = packet &;
    iterator() noexcept = default;
    explicit iterator(const Source *source) : source_(source) { ++*this; }
    reference operator*() noexcept { return packet_; }
    pointer operator->() noexcept { return &packet_; }
    iterator &operator++() {
      if (source_->next_packet(packet_, forever) != OXRTMP_OK) source_ = nullptr;
      return *this;
    }
    bool operator==(const iterator &other) const noexcept { return source_ == other.source_; }
    bool operator!=(const iterator &other) const noexcept { return source_ != other.source_; }

   private:
    const Source *source_ = nullptr;
    packet packet_;
  };
  explicit packet_range(const Source &source) noexcept : source_(&source) {}
  iterator begin() const { return iterator(source_); }
  iterator end() const noexcept { return {}; }

 private:
  const Source *source_;
};

/** What a server tells, with what that holds. The message of a MEDIA_TAG that waits goes on when its object ends, unless it
 *  was dropped. */
class server_event {
 public:
  server_event() noexcept = default;
  /** Move what a SERVER event holds out of it. */
  explicit server_event(oxrtmp_event &event) noexcept {
    if (event.type == OXRTMP_EVENT_SERVER) c_ = std::exchange(event, oxrtmp_event{});
  }
  server_event(server_event &&other) noexcept : c_(std::exchange(other.c_, oxrtmp_event{})) {}
  server_event &operator=(server_event &&other) noexcept {
    if (this != &other) {
      reset();
      c_ = std::exchange(other.c_, oxrtmp_event{});
    }
    return *this;
  }
  ~server_event() { reset(); }

  /** OXRTMP_SERVER_...; 0 when it is none. */
  std::uint32_t kind() const noexcept { return c_.value; }
  const char *name() const noexcept { return oxrtmp_server_event_name(c_.value); }
  /** Its fields: connection, peer, app, stream_name, packet, ... Of one that is none the texts are null pointers. */
  const oxrtmp_server_event *operator->() const noexcept { return &c_.u.server; }
  const oxrtmp_event &get() const noexcept { return c_; }
  void drop() noexcept {
    oxrtmp_event_drop(&c_);
    c_ = oxrtmp_event{};
  }
  void reset() noexcept {
    oxrtmp_event_release(&c_);
    c_ = oxrtmp_event{};
  }

 private:
  friend class server;
  oxrtmp_event c_{};
};

/** Where the events of many handles wait. */
class queue : public detail::owner<oxrtmp_queue, oxrtmp_queue_destroy> {
 public:
  using owner::owner;
  /** Room for events, and what they hold: packets and requests that are not moved out end with it. */
  class batch {
   public:
    explicit batch(std::size_t max = 256) : events_(max) {}
    batch(const batch &) = delete;
    batch &operator=(const batch &) = delete;
    ~batch() { clear(); }
    oxrtmp_event *begin() noexcept { return events_.data(); }
    oxrtmp_event *end() noexcept { return events_.data() + count_; }
    std::size_t size() const noexcept { return count_; }
    void clear() noexcept {
      for (oxrtmp_event &event : *this) {
        oxrtmp_event_release(&event);
        if (event.request.id != 0) oxrtmp_request_reject(event.request, nullptr, nullptr);
      }
      count_ = 0;
    }

   private:
    friend class queue;
    std::vector<oxrtmp_event> events_;
    std::size_t count_ = 0;
  };

  explicit queue(const queue_options &options) { detail::check(oxrtmp_queue_create(&options, &handle_)); }
  static queue create() { return queue(queue_options()); }
  int fd() const {
    int result = -1;
    detail::check(oxrtmp_queue_fd(handle_, &result));
    return result;
  }
  [[nodiscard]] status wait(batch &into, milliseconds timeout = forever) const {
    into.clear();
    return detail::outcome(
        oxrtmp_queue_wait(handle_, detail::timeout(timeout), into.events_.data(), into.events_.size(), &into.count_),
        id());
  }
  [[nodiscard]] status drain(batch &into) const {
    into.clear();
    return detail::outcome(oxrtmp_queue_drain(handle_, into.events_.data(), into.events_.size(), &into.count_), id());
  }
  void wake() const { detail::check(oxrtmp_queue_wake(handle_)); }
};

namespace detail {

/** What sessions and clients have in common. */
template <class Handle, class Calls>
class stream : public owner<Handle, Calls::close> {
  using base = owner<Handle, Calls::close>;

 public:
  using base::base;

  [[nodiscard]] status next_packet(packet &into, milliseconds time = forever) const {
    return outcome(Calls::next_packet(base::handle_, timeout(time), into.out()), base::id());
  }
  /** All packets that are there, at most 128. */
  [[nodiscard]] status next_packets(std::vector<packet> &into, milliseconds time = forever) const {
    oxrtmp_packet taken[128];
    std::size_t count = 0;
    into.clear();
    into.reserve(std::size(taken));
    const status code = outcome(
        Calls::next_packets(base::handle_, timeout(time), taken, std::size(taken), &count), base::id());
    for (std::size_t i = 0; i < count; i++) into.emplace_back(taken[i]);
    return code;
  }
  /** Until the stream ends, on either side. */
  packet_range<stream> packets() const & noexcept { return packet_range<stream>(*this); }
  packet_range<stream> packets() const && = delete;
  [[nodiscard]] status next_event(oxrtmp_event &into, milliseconds time = forever) const {
    return outcome(Calls::next_event(base::handle_, timeout(time), &into), base::id());
  }

  /* Sending: true when it was queued, false when with no_wait there is no room yet. */
  bool send_video_sequence_header(bytes_view avcc) const {
    return sent(Calls::send_video_sequence_header(base::handle_, avcc.data(), avcc.size()));
  }
  bool send_audio_sequence_header(bytes_view asc) const {
    return sent(Calls::send_audio_sequence_header(base::handle_, asc.data(), asc.size()));
  }
  bool send_video(std::uint32_t timestamp_ms, bool keyframe, bytes_view data) const {
    return sent(Calls::send_video(base::handle_, timestamp_ms, keyframe, data.data(), data.size()));
  }
  bool send_video_at(std::uint32_t timestamp_ms, std::int32_t composition_ms, bool keyframe, bytes_view data) const {
    return sent(
        Calls::send_video_at(base::handle_, timestamp_ms, composition_ms, keyframe, data.data(), data.size()));
  }
  bool send_audio(std::uint32_t timestamp_ms, bytes_view data) const {
    return sent(Calls::send_audio(base::handle_, timestamp_ms, data.data(), data.size()));
  }
  bool send_metadata(const oxrtmp_metadata &fields) const {
    return sent(Calls::send_metadata(base::handle_, &fields));
  }
  bool send_metadata_json(const std::string &json) const {
    return sent(Calls::send_metadata_json(base::handle_, json.c_str()));
  }
  bool send_data(std::uint32_t timestamp_ms, bytes_view body) const {
    return sent(Calls::send_data(base::handle_, timestamp_ms, body.data(), body.size()));
  }
  bool send_packet(const packet &packet) const { return sent(Calls::send_packet(base::handle_, &packet.get())); }
  bool send_packet(const oxrtmp_packet &packet) const { return sent(Calls::send_packet(base::handle_, &packet)); }
  /** How many were queued: fewer than all when with no_wait there is no room yet. */
  std::size_t send_packets(const oxrtmp_packet *packets, std::size_t count) const {
    std::size_t done = 0;
    sent(Calls::send_packets(base::handle_, packets, count, &done));
    return done;
  }
  [[nodiscard]] status flush(milliseconds time = forever) const {
    return outcome(Calls::flush(base::handle_, timeout(time)), base::id());
  }

  /** E_AGAIN when the stream has not said anything of itself yet. */
  [[nodiscard]] status metadata(oxrtmp_metadata &into) const {
    into.struct_size = sizeof into;
    return outcome(Calls::metadata(base::handle_, &into), base::id());
  }
  /** What it says of other tracks than 0; throws with E_AGAIN when it has not said anything yet. */
  std::vector<oxrtmp_track_info> metadata_tracks() const {
    std::vector<oxrtmp_track_info> result(512);
    std::size_t count = 0;
    check(Calls::metadata_tracks(base::handle_, result.data(), result.size(), &count));
    result.resize(count);
    return result;
  }
  std::string metadata_json() const { return text(Calls::metadata_json, base::handle_); }
  std::vector<std::uint8_t> metadata_raw() const { return bytes(Calls::metadata_raw, base::handle_); }
  oxrtmp_statistics statistics() const { return filled<oxrtmp_statistics>(Calls::statistics, base::handle_); }
  oxrtmp_connection_statistics connection_statistics() const {
    return filled<oxrtmp_connection_statistics>(Calls::connection_statistics, base::handle_);
  }
  std::string peer_address() const { return text(Calls::peer_address, base::handle_); }
  oxrtmp_capabilities capabilities() const {
    return filled<oxrtmp_capabilities>(Calls::capabilities, base::handle_);
  }

  /* Procedures, with AMF0 values. */
  /** E_TIMEOUT when there is no answer in time. */
  [[nodiscard]] status call(const std::string &name, bytes_view values, packet &into,
                            milliseconds time = forever) const {
    return outcome(
        Calls::call(base::handle_, name.c_str(), values.data(), values.size(), timeout(time), into.out()), base::id());
  }
  /** The number of the REPLY event. */
  std::uint32_t call_start(const std::string &name, bytes_view values, milliseconds time = forever) const {
    std::uint32_t call_id = 0;
    check(Calls::call_start(base::handle_, name.c_str(), values.data(), values.size(), timeout(time), &call_id));
    return call_id;
  }
  void notify(const std::string &name, bytes_view values) const {
    check(Calls::notify(base::handle_, name.c_str(), values.data(), values.size()));
  }
  void answer(std::uint32_t call_id, bytes_view values) const {
    check(Calls::answer(base::handle_, call_id, values.data(), values.size()));
  }
  void refuse(std::uint32_t call_id, const std::string &description, const char *code = nullptr) const {
    check(Calls::refuse(base::handle_, call_id, code, description.c_str()));
  }
  bool send_shared_object(bytes_view values) const {
    return sent(Calls::send_shared_object(base::handle_, values.data(), values.size()));
  }

  /** How long the peer took to answer; E_TIMEOUT when it did not. */
  [[nodiscard]] status ping(std::chrono::nanoseconds &round_trip, milliseconds time = forever) const {
    std::int64_t ns = 0;
    const status code = outcome(Calls::ping(base::handle_, timeout(time), &ns), base::id());
    round_trip = std::chrono::nanoseconds(ns);
    return code;
  }
  void set_queue(const queue &queue, std::uint64_t user_data = 0) const {
    check(Calls::set_queue(base::handle_, queue.get(), user_data));
  }

 protected:
  static bool sent(status code) {
    if (code == OXRTMP_E_AGAIN) return false;
    check(code);
    return true;
  }
};

#define OXRTMP_STREAM_CALLS_(name) \
  struct name##_calls { \
    static constexpr auto close = oxrtmp_##name##_close; \
    static constexpr auto next_packet = oxrtmp_##name##_next_packet; \
    static constexpr auto next_packets = oxrtmp_##name##_next_packets; \
    static constexpr auto next_event = oxrtmp_##name##_next_event; \
    static constexpr auto send_video_sequence_header = oxrtmp_##name##_send_video_sequence_header; \
    static constexpr auto send_audio_sequence_header = oxrtmp_##name##_send_audio_sequence_header; \
    static constexpr auto send_video = oxrtmp_##name##_send_video; \
    static constexpr auto send_video_at = oxrtmp_##name##_send_video_at; \
    static constexpr auto send_audio = oxrtmp_##name##_send_audio; \
    static constexpr auto send_metadata = oxrtmp_##name##_send_metadata; \
    static constexpr auto send_metadata_json = oxrtmp_##name##_send_metadata_json; \
    static constexpr auto send_data = oxrtmp_##name##_send_data; \
    static constexpr auto send_packet = oxrtmp_##name##_send_packet; \
    static constexpr auto send_packets = oxrtmp_##name##_send_packets; \
    static constexpr auto flush = oxrtmp_##name##_flush; \
    static constexpr auto metadata = oxrtmp_##name##_metadata; \
    static constexpr auto metadata_tracks = oxrtmp_##name##_metadata_tracks; \
    static constexpr auto metadata_json = oxrtmp_##name##_metadata_json; \
    static constexpr auto metadata_raw = oxrtmp_##name##_metadata_raw; \
    static constexpr auto statistics = oxrtmp_##name##_statistics; \
    static constexpr auto connection_statistics = oxrtmp_##name##_connection_statistics; \
    static constexpr auto peer_address = oxrtmp_##name##_peer_address; \
    static constexpr auto capabilities = oxrtmp_##name##_capabilities; \
    static constexpr auto call = oxrtmp_##name##_call; \
    static constexpr auto call_start = oxrtmp_##name##_call_start; \
    static constexpr auto notify = oxrtmp_##name##_notify; \
    static constexpr auto answer = oxrtmp_##name##_answer; \
    static constexpr auto refuse = oxrtmp_##name##_refuse; \
    static constexpr auto send_shared_object = oxrtmp_##name##_send_shared_object; \
    static constexpr auto ping = oxrtmp_##name##_ping; \
    static constexpr auto set_queue = oxrtmp_##name##_set_queue; \
  }
OXRTMP_STREAM_CALLS_(session);
OXRTMP_STREAM_CALLS_(client);
#undef OXRTMP_STREAM_CALLS_

}  // namespace detail

/** An accepted stream on the server's side. */
class session : public detail::stream<oxrtmp_session, detail::session_calls> {
 public:
  using stream::stream;
  std::uint32_t kind() const {
    std::uint32_t result = 0;
    detail::check(oxrtmp_session_kind(handle_, &result));
    return result;
  }
  std::string app() const { return detail::text(oxrtmp_session_app, handle_); }
  std::string stream_name() const { return detail::text(oxrtmp_session_stream_name, handle_); }
  std::string raw_stream_name() const { return detail::text(oxrtmp_session_raw_stream_name, handle_); }
  std::string query() const { return detail::text(oxrtmp_session_query, handle_); }
  std::string publish_type() const { return detail::text(oxrtmp_session_publish_type, handle_); }
  std::string tc_url() const { return detail::text(oxrtmp_session_tc_url, handle_); }
  std::string flash_version() const { return detail::text(oxrtmp_session_flash_version, handle_); }
  std::string swf_url() const { return detail::text(oxrtmp_session_swf_url, handle_); }
  std::string page_url() const { return detail::text(oxrtmp_session_page_url, handle_); }
  std::string encoder() const { return detail::text(oxrtmp_session_encoder, handle_); }
  std::string connect_json() const { return detail::text(oxrtmp_session_connect_json, handle_); }
  std::string user() const { return detail::text(oxrtmp_session_user, handle_); }
  std::uint64_t connection() const {
    std::uint64_t result = 0;
    detail::check(oxrtmp_session_connection(handle_, &result));
    return result;
  }
  oxrtmp_connect_info connect() const { return detail::filled<oxrtmp_connect_info>(oxrtmp_session_connect, handle_); }
  oxrtmp_play_info play() const { return detail::filled<oxrtmp_play_info>(oxrtmp_session_play, handle_); }
  /** The object of the play2 command that began it; throws with E_STATE when none did. */
  std::string play2_json() const { return detail::text(oxrtmp_session_play2_json, handle_); }
  /** tc_url: where to, or nullptr for here again. */
  void request_reconnect(const char *tc_url, const std::string &description) const {
    detail::check(oxrtmp_session_request_reconnect(handle_, tc_url, description.c_str()));
  }
  std::string end_reason() const { return detail::text(oxrtmp_session_end_reason, handle_); }
  void complete() const { detail::check(oxrtmp_session_complete(handle_)); }
  void close_with_status(const char *code, const std::string &description) const {
    detail::check(oxrtmp_session_close_with_status(handle_, code, description.c_str()));
  }
};

/** A connection that publishes or plays. */
class client : public detail::stream<oxrtmp_client, detail::client_calls> {
 public:
  using stream::stream;
  static client publish(const std::string &url, const client_options &options = {}, milliseconds timeout = forever) {
    client result;
    detail::check(oxrtmp_client_publish(url.c_str(), &options, detail::timeout(timeout), &result.handle_));
    return result;
  }
  static client play(const std::string &url, const client_options &options = {}, milliseconds timeout = forever) {
    client result;
    detail::check(oxrtmp_client_play(url.c_str(), &options, detail::timeout(timeout), &result.handle_));
    return result;
  }
  static client publish_fd(int fd, const std::string &url, const client_options &options = {},
                           milliseconds timeout = forever) {
    client result;
    detail::check(oxrtmp_client_publish_fd(fd, url.c_str(), &options, detail::timeout(timeout), &result.handle_));
    return result;
  }
  static client play_fd(int fd, const std::string &url, const client_options &options = {},
                        milliseconds timeout = forever) {
    client result;
    detail::check(oxrtmp_client_play_fd(fd, url.c_str(), &options, detail::timeout(timeout), &result.handle_));
    return result;
  }
  static client publish_open(const std::string &url, const queue &queue, std::uint64_t user_data = 0,
                             const client_options &options = {}) {
    client result;
    detail::check(oxrtmp_client_publish_open(url.c_str(), &options, queue.get(), user_data, &result.handle_));
    return result;
  }
  static client play_open(const std::string &url, const queue &queue, std::uint64_t user_data = 0,
                          const client_options &options = {}) {
    client result;
    detail::check(oxrtmp_client_play_open(url.c_str(), &options, queue.get(), user_data, &result.handle_));
    return result;
  }
  bool set_data_frame(const std::string &handler, bytes_view values) const {
    return sent(oxrtmp_client_set_data_frame(handle_, handler.c_str(), values.data(), values.size()));
  }
  bool clear_data_frame(const std::string &handler) const {
    return sent(oxrtmp_client_clear_data_frame(handle_, handler.c_str()));
  }
  void pause(bool on) const { detail::check(oxrtmp_client_pause(handle_, on)); }
  void seek(std::uint32_t position_ms) const { detail::check(oxrtmp_client_seek(handle_, position_ms)); }
  void play2(const oxrtmp_play2 &play2) const { detail::check(oxrtmp_client_play2(handle_, &play2)); }
  void receive_audio(bool on) const { detail::check(oxrtmp_client_receive_audio(handle_, on)); }
  void receive_video(bool on) const { detail::check(oxrtmp_client_receive_video(handle_, on)); }
  void set_buffer_length(std::uint32_t length_ms) const {
    detail::check(oxrtmp_client_set_buffer_length(handle_, length_ms));
  }
  void close_start() const { detail::check(oxrtmp_client_close_start(handle_)); }
};

/** A peer's wish. One that is not answered is rejected when its object ends. */
class request {
 public:
  request() noexcept = default;
  explicit request(oxrtmp_request handle) noexcept : handle_(handle) {}
  /** Move the request out of a REQUEST event. */
  explicit request(oxrtmp_event &event) noexcept {
    if (event.type == OXRTMP_EVENT_REQUEST) handle_ = std::exchange(event.request, oxrtmp_request{});
  }
  request(request &&other) noexcept : handle_(other.release()) {}
  request &operator=(request &&other) noexcept {
    if (this != &other) {
      reset();
      handle_ = other.release();
    }
    return *this;
  }
  ~request() { reset(); }

  oxrtmp_request get() const noexcept { return handle_; }
  explicit operator bool() const noexcept { return handle_.id != 0; }
  oxrtmp_request release() noexcept { return std::exchange(handle_, oxrtmp_request{}); }
  void reset() noexcept {
    if (handle_.id != 0) oxrtmp_request_reject(release(), nullptr, nullptr);
  }

  std::uint32_t kind() const {
    std::uint32_t result = 0;
    detail::check(oxrtmp_request_kind(handle_, &result));
    return result;
  }
  std::string app() const { return detail::text(oxrtmp_request_app, handle_); }
  std::string stream_name() const { return detail::text(oxrtmp_request_stream_name, handle_); }
  std::string raw_stream_name() const { return detail::text(oxrtmp_request_raw_stream_name, handle_); }
  std::string query() const { return detail::text(oxrtmp_request_query, handle_); }
  std::string publish_type() const { return detail::text(oxrtmp_request_publish_type, handle_); }
  std::string tc_url() const { return detail::text(oxrtmp_request_tc_url, handle_); }
  std::string peer_address() const { return detail::text(oxrtmp_request_peer_address, handle_); }
  std::string flash_version() const { return detail::text(oxrtmp_request_flash_version, handle_); }
  std::string swf_url() const { return detail::text(oxrtmp_request_swf_url, handle_); }
  std::string page_url() const { return detail::text(oxrtmp_request_page_url, handle_); }
  std::string encoder() const { return detail::text(oxrtmp_request_encoder, handle_); }
  std::string connect_json() const { return detail::text(oxrtmp_request_connect_json, handle_); }
  std::string user() const { return detail::text(oxrtmp_request_user, handle_); }
  std::uint64_t connection() const {
    std::uint64_t result = 0;
    detail::check(oxrtmp_request_connection(handle_, &result));
    return result;
  }
  oxrtmp_connect_info connect() const { return detail::filled<oxrtmp_connect_info>(oxrtmp_request_connect, handle_); }
  oxrtmp_capabilities capabilities() const {
    return detail::filled<oxrtmp_capabilities>(oxrtmp_request_capabilities, handle_);
  }
  oxrtmp_play_info play() const { return detail::filled<oxrtmp_play_info>(oxrtmp_request_play, handle_); }
  /** The object of a play2 command; throws with E_STATE when it is none. */
  std::string play2_json() const { return detail::text(oxrtmp_request_play2_json, handle_); }

  /** Of a connection, connect or FCPublish request the session is none. */
  session accept(const session_options &options = {}) {
    oxrtmp_session result{};
    answered(oxrtmp_request_accept(handle_, &options, &result));
    return session(result);
  }
  void reject(const std::string &description, const char *code = nullptr) {
    answered(oxrtmp_request_reject(handle_, code, description.c_str()));
  }
  void redirect(const std::string &url, const std::string &description) {
    answered(oxrtmp_request_redirect(handle_, url.c_str(), description.c_str()));
  }
  /** Whether the login that a connect request wants was granted; password is null when there is no such user. */
  bool login(std::uint32_t scheme, const char *password) {
    std::uint32_t granted = 0;
    const status code = oxrtmp_request_login(handle_, scheme, password, &granted);
    if (code == OXRTMP_OK) release();
    detail::check(code);
    return granted != 0;
  }

 private:
  friend class hub;
  friend class server;
  /** An answer ends the handle, unless the call could not be made: then it waits as before. */
  void answered(status code) {
    if (code != OXRTMP_E_ARGUMENT && code != OXRTMP_E_HANDLE) release();
    detail::check(code);
  }
  oxrtmp_request handle_{};
};

/** Listens on addresses, or serves sockets of the caller's. */
class server : public detail::owner<oxrtmp_server, oxrtmp_server_close> {
 public:
  using owner::owner;
  explicit server(const std::string &address, const server_options &options = {}) {
    detail::check(oxrtmp_server_bind(address.c_str(), &options, &handle_));
  }
  /** One that listens nowhere yet. */
  explicit server(const server_options &options) { detail::check(oxrtmp_server_create(&options, &handle_)); }
  void listen(const std::string &address) const { detail::check(oxrtmp_server_listen(handle_, address.c_str())); }
  void set_certificate(const std::string &name, const tls_options &options) const {
    detail::check(oxrtmp_server_set_certificate(handle_, name.c_str(), &options));
  }
  void adopt_listener(int fd) const { detail::check(oxrtmp_server_adopt_listener(handle_, fd)); }
  void adopt_connection(int fd) const { detail::check(oxrtmp_server_adopt_connection(handle_, fd)); }
  void adopt_tls_listener(int fd) const { detail::check(oxrtmp_server_adopt_tls_listener(handle_, fd)); }
  void adopt_tls_connection(int fd) const { detail::check(oxrtmp_server_adopt_tls_connection(handle_, fd)); }
  std::string address() const { return detail::text(oxrtmp_server_address, handle_); }
  std::string addresses() const { return detail::text(oxrtmp_server_addresses, handle_); }
  std::string json() const { return detail::text(oxrtmp_server_json, handle_); }
  std::string prometheus() const { return detail::text(oxrtmp_server_prometheus, handle_); }
  /** The oldest failed connection, and into: all that was kept of what its peer sent last; E_AGAIN: none. */
  [[nodiscard]] status take_failure(oxrtmp_failure &failure, std::vector<std::uint8_t> &into) const {
    failure.struct_size = sizeof failure;
    into.resize(1 << 20);  // the most that keep_bytes can be
    std::size_t length = 0;
    const status code = oxrtmp_server_take_failure(handle_, &failure, into.data(), into.size(), &length);
    if (code != OXRTMP_E_AGAIN) detail::check(code);
    into.resize(length);
    return code;
  }
  [[nodiscard]] status accept(request &into, milliseconds timeout = forever) const {
    into.reset();
    return detail::outcome(oxrtmp_server_accept(handle_, detail::timeout(timeout), &into.handle_), id());
  }
  [[nodiscard]] status next_event(server_event &into, milliseconds timeout = forever) const {
    into.reset();
    return detail::outcome(oxrtmp_server_next_event(handle_, detail::timeout(timeout), &into.c_), id());
  }
  /** Whether the connection was there. */
  bool kick(std::uint64_t connection, const std::string &description, const char *code = nullptr) const {
    const status result = oxrtmp_server_kick(handle_, connection, code, description.c_str());
    if (result != OXRTMP_E_STATE) detail::check(result);
    return result == OXRTMP_OK;
  }
  /** Call function for each request, in a thread of its own. An exception that leaves it ends the program, as in a
   *  std::thread. */
  void serve(const std::function<void(request)> &function) const {
    detail::check(oxrtmp_server_serve(handle_, call, const_cast<std::function<void(request)> *>(&function)));
  }
  /** How many peers were asked. */
  std::uint32_t request_reconnect(const char *tc_url, const std::string &description) const {
    std::uint32_t asked = 0;
    detail::check(oxrtmp_server_request_reconnect(handle_, tc_url, description.c_str(), &asked));
    return asked;
  }
  /** E_TIMEOUT when sessions were cut off. */
  [[nodiscard]] status shutdown(milliseconds timeout = forever) const {
    return detail::outcome(oxrtmp_server_shutdown(handle_, detail::timeout(timeout)), id());
  }
  void shutdown_start(milliseconds timeout = forever) const {
    detail::check(oxrtmp_server_shutdown_start(handle_, detail::timeout(timeout)));
  }
  void set_queue(const queue &queue, std::uint64_t user_data = 0) const {
    detail::check(oxrtmp_server_set_queue(handle_, queue.get(), user_data));
  }

 private:
  static void call(oxrtmp_request handle, void *function) noexcept {
    (*static_cast<const std::function<void(request)> *>(function))(request(handle));
  }
};

/** Carries a stream of a hub to another server, or from there. */
class relay : public detail::owner<oxrtmp_relay, oxrtmp_relay_close> {
 public:
  using owner::owner;
  oxrtmp_relay_info statistics() const {
    return detail::filled<oxrtmp_relay_info>(oxrtmp_relay_statistics, handle_);
  }
  [[nodiscard]] status next_event(oxrtmp_event &into, milliseconds timeout = forever) const {
    return detail::outcome(oxrtmp_relay_next_event(handle_, detail::timeout(timeout), &into), id());
  }
  void set_queue(const queue &queue, std::uint64_t user_data = 0) const {
    detail::check(oxrtmp_relay_set_queue(handle_, queue.get(), user_data));
  }
};

/** Gives what is published to everybody who plays it. */
class hub : public detail::owner<oxrtmp_hub, oxrtmp_hub_close> {
 public:
  using owner::owner;
  explicit hub(const hub_options &options) { detail::check(oxrtmp_hub_create(&options, &handle_)); }
  static hub create() { return hub(hub_options()); }
  /** Throws with E_BUSY, E_NOT_FOUND or E_UNSUPPORTED when it was refused. */
  void accept(request request) const { request.answered(oxrtmp_hub_accept(handle_, request.get())); }
  void accept_masked(request request, const mask &left_out) const {
    request.answered(oxrtmp_hub_accept_masked(handle_, request.get(), &left_out));
  }
  client publish(const std::string &app, const std::string &stream_name, const client_options &options = {}) const {
    oxrtmp_client result{};
    detail::check(oxrtmp_hub_publish(handle_, app.c_str(), stream_name.c_str(), &options, &result));
    return client(result);
  }
  client play(const std::string &app, const std::string &stream_name, const client_options &options = {}) const {
    oxrtmp_client result{};
    detail::check(oxrtmp_hub_play(handle_, app.c_str(), stream_name.c_str(), &options, &result));
    return client(result);
  }
  relay push(const std::string &app, const std::string &stream_name, const std::string &url,
             const relay_options &options = {}) const {
    oxrtmp_relay result{};
    detail::check(oxrtmp_hub_push(handle_, app.c_str(), stream_name.c_str(), url.c_str(), &options, &result));
    return relay(result);
  }
  relay pull(const std::string &app, const std::string &stream_name, const std::string &url,
             const relay_options &options = {}) const {
    oxrtmp_relay result{};
    detail::check(oxrtmp_hub_pull(handle_, app.c_str(), stream_name.c_str(), url.c_str(), &options, &result));
    return relay(result);
  }
  oxrtmp_hub_info statistics() const { return detail::filled<oxrtmp_hub_info>(oxrtmp_hub_statistics, handle_); }
  oxrtmp_stream_info stream_statistics(const std::string &app, const std::string &stream_name) const {
    return detail::filled<oxrtmp_stream_info>(oxrtmp_hub_stream_statistics, handle_, app.c_str(), stream_name.c_str());
  }
  std::string json() const { return detail::text(oxrtmp_hub_json, handle_); }
  std::string data_frames_json(const std::string &app, const std::string &stream_name) const {
    return detail::text(oxrtmp_hub_data_frames_json, handle_, app.c_str(), stream_name.c_str());
  }
};

/** Writes packets to FLV files. */
class recorder : public detail::owner<oxrtmp_recorder, oxrtmp_recorder_close> {
 public:
  using owner::owner;
  explicit recorder(const std::string &path, const recorder_options &options = {}) {
    detail::check(oxrtmp_recorder_open(path.c_str(), &options, &handle_));
  }
  /** In a directory, under a name that a peer may have sent. */
  recorder(const std::string &directory, const std::string &name, const recorder_options &options = {}) {
    detail::check(oxrtmp_recorder_open_in(directory.c_str(), name.c_str(), &options, &handle_));
  }
  void write(const packet &packet) const { detail::check(oxrtmp_recorder_write(handle_, &packet.get())); }
  void write(const oxrtmp_packet &packet) const { detail::check(oxrtmp_recorder_write(handle_, &packet)); }
  std::string path() const { return detail::text(oxrtmp_recorder_path, handle_); }
};

/** Reads packets from an FLV file, or from bytes that are fed to it. */
class flv_reader : public detail::owner<oxrtmp_flv_reader, oxrtmp_flv_reader_close> {
 public:
  using owner::owner;
  explicit flv_reader(const std::string &path) { detail::check(oxrtmp_flv_reader_open(path.c_str(), &handle_)); }
  static flv_reader create() {
    flv_reader result;
    detail::check(oxrtmp_flv_reader_create(&result.handle_));
    return result;
  }
  [[nodiscard]] status feed(bytes_view data) const {
    return detail::outcome(oxrtmp_flv_reader_feed(handle_, data.data(), data.size()), id());
  }
  [[nodiscard]] status next_packet(packet &into, milliseconds = forever) const {
    return detail::outcome(oxrtmp_flv_reader_next_packet(handle_, into.out()), id());
  }
  /** All packets of a file, or those of what was fed so far. */
  packet_range<flv_reader> packets() const & noexcept { return packet_range<flv_reader>(*this); }
  packet_range<flv_reader> packets() const && = delete;
};

/** The protocol of one connection, without I/O, threads or clock. */
class engine : public detail::owner<oxrtmp_engine, oxrtmp_engine_close> {
 public:
  using owner::owner;
  static engine server(const server_options &options = {}, std::uint32_t flags = 0) {
    engine result;
    detail::check(oxrtmp_engine_server_create(&options, flags, &result.handle_));
    return result;
  }
  static engine publish(const std::string &url, const client_options &options = {}, std::uint32_t flags = 0) {
    engine result;
    detail::check(oxrtmp_engine_publish_create(url.c_str(), &options, flags, &result.handle_));
    return result;
  }
  static engine play(const std::string &url, const client_options &options = {}, std::uint32_t flags = 0) {
    engine result;
    detail::check(oxrtmp_engine_play_create(url.c_str(), &options, flags, &result.handle_));
    return result;
  }
  /** How many of the bytes were taken, or E_CLOSED when the conversation is over. */
  [[nodiscard]] status receive(milliseconds now, bytes_view data, std::size_t &consumed) const {
    return detail::outcome(oxrtmp_engine_receive(handle_, now.count(), data.data(), data.size(), &consumed), id());
  }
  /** E_AGAIN when there is none. A packet in it is released by oxrtmp_event_release, or by a queue::batch of its own. */
  [[nodiscard]] status next_event(oxrtmp_event &into) const {
    return detail::outcome(oxrtmp_engine_next_event(handle_, &into), id());
  }
  std::size_t output(std::uint8_t *buffer, std::size_t size) const {
    std::size_t result = 0;
    detail::check(oxrtmp_engine_output(handle_, buffer, size, &result));
    return result;
  }
  /** Negative: there is none. */
  milliseconds deadline() const {
    std::int64_t result = -1;
    detail::check(oxrtmp_engine_deadline(handle_, &result));
    return milliseconds(result);
  }
  void advance(milliseconds now) const { detail::check(oxrtmp_engine_advance(handle_, now.count())); }
  void send_packet(const packet &packet) const { detail::check(oxrtmp_engine_send_packet(handle_, &packet.get())); }
  void send_packet(const oxrtmp_packet &packet) const { detail::check(oxrtmp_engine_send_packet(handle_, &packet)); }
  void send_metadata(const oxrtmp_metadata &fields) const {
    detail::check(oxrtmp_engine_send_metadata(handle_, &fields));
  }
  void send_packet_to(std::uint32_t stream_id, const packet &packet) const {
    detail::check(oxrtmp_engine_send_packet_to(handle_, stream_id, &packet.get()));
  }
  void send_packet_to(std::uint32_t stream_id, const oxrtmp_packet &packet) const {
    detail::check(oxrtmp_engine_send_packet_to(handle_, stream_id, &packet));
  }
  void complete(std::uint32_t stream_id) const { detail::check(oxrtmp_engine_complete(handle_, stream_id)); }
  void pause(bool on) const { detail::check(oxrtmp_engine_pause(handle_, on)); }
  void seek(std::uint32_t position_ms) const { detail::check(oxrtmp_engine_seek(handle_, position_ms)); }
  void play2(const oxrtmp_play2 &play2) const { detail::check(oxrtmp_engine_play2(handle_, &play2)); }
  void receive_audio(bool on) const { detail::check(oxrtmp_engine_receive_audio(handle_, on)); }
  void receive_video(bool on) const { detail::check(oxrtmp_engine_receive_video(handle_, on)); }
  void set_buffer_length(std::uint32_t length_ms) const {
    detail::check(oxrtmp_engine_set_buffer_length(handle_, length_ms));
  }
  void close_stream(std::uint32_t stream_id, const char *code, const std::string &description) const {
    detail::check(oxrtmp_engine_close_stream(handle_, stream_id, code, description.c_str()));
  }
  /** The number of the REPLY event. */
  std::uint32_t call(const std::string &name, bytes_view values, milliseconds time = forever) const {
    std::uint32_t call_id = 0;
    detail::check(oxrtmp_engine_call(handle_, name.c_str(), values.data(), values.size(), detail::timeout(time), &call_id));
    return call_id;
  }
  void notify(const std::string &name, bytes_view values) const {
    detail::check(oxrtmp_engine_notify(handle_, name.c_str(), values.data(), values.size()));
  }
  void answer(std::uint32_t call_id, bytes_view values) const {
    detail::check(oxrtmp_engine_answer(handle_, call_id, values.data(), values.size()));
  }
  void refuse(std::uint32_t call_id, const std::string &description, const char *code = nullptr) const {
    detail::check(oxrtmp_engine_refuse(handle_, call_id, code, description.c_str()));
  }
  void send_shared_object(bytes_view values) const {
    detail::check(oxrtmp_engine_send_shared_object(handle_, values.data(), values.size()));
  }
  /** tc_url: where to, or nullptr for here again. */
  void request_reconnect(const char *tc_url, const std::string &description) const {
    detail::check(oxrtmp_engine_request_reconnect(handle_, tc_url, description.c_str()));
  }
  void end() const { detail::check(oxrtmp_engine_end(handle_)); }
  bool closing() const {
    std::uint32_t result = 0;
    detail::check(oxrtmp_engine_closing(handle_, &result));
    return result != 0;
  }
  void set_queue(const queue &queue, std::uint64_t user_data = 0) const {
    detail::check(oxrtmp_engine_set_queue(handle_, queue.get(), user_data));
  }
  oxrtmp_engine_counters statistics() const {
    return detail::filled<oxrtmp_engine_counters>(oxrtmp_engine_statistics, handle_);
  }
};

/* The parts of an engine are for the C functions of "Low-level": the handles have owners, and texts are strings. */
using handshake = detail::owner<oxrtmp_handshake, oxrtmp_handshake_close>;
using chunk_decoder = detail::owner<oxrtmp_chunk_decoder, oxrtmp_chunk_decoder_close>;
using chunk_encoder = detail::owner<oxrtmp_chunk_encoder, oxrtmp_chunk_encoder_close>;

/** oxrtmp_authmod_adobe; opaque: "" when the server gave none. */
inline std::string authmod_adobe(const std::string &user, const std::string &password, const std::string &salt,
                                 const std::string &challenge, const std::string &opaque,
                                 const std::string &client_challenge) {
  return detail::text(oxrtmp_authmod_adobe, user.c_str(), password.c_str(), salt.c_str(), challenge.c_str(),
                      opaque.c_str(), client_challenge.c_str());
}
/** oxrtmp_authmod_llnw. */
inline std::string authmod_llnw(const std::string &user, const std::string &password, const std::string &app,
                                const std::string &nonce, const std::string &count, const std::string &client_nonce) {
  return detail::text(oxrtmp_authmod_llnw, user.c_str(), password.c_str(), app.c_str(), nonce.c_str(), count.c_str(),
                      client_nonce.c_str());
}

}  // namespace oxrtmp

#endif  // OXRTMP_HPP
