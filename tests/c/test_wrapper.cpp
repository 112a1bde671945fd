// The C++ wrapper: objects end what they own, errors are thrown, and what is no error is not.
#include <oxrtmp.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace {

const std::string local = "127.0.0.1:0";
const std::vector<std::uint8_t> avcc = {1, 0x64, 0, 0x1F, 0xFF, 0xE1, 0, 0, 1, 0, 0};
const std::vector<std::uint8_t> frame = {0, 0, 0, 1, 0x65};

static_assert(!std::is_copy_constructible<oxrtmp::session>::value, "a handle has one owner");
static_assert(std::is_nothrow_move_constructible<oxrtmp::client>::value, "and may be given on");
static_assert(std::is_nothrow_move_assignable<oxrtmp::packet>::value, "in a vector too");
static_assert(std::is_copy_constructible<oxrtmp::packet>::value, "a packet is a reference");
static_assert(!std::is_convertible<oxrtmp_server, oxrtmp::server>::value, "taking over is said aloud");

int checks = 0;

void require(bool right, const char *what, int line) {
  checks++;
  if (!right) {
    std::fprintf(stderr, "test_wrapper.cpp:%d: %s\n", line, what);
    std::exit(1);
  }
}
#define REQUIRE(condition) require(condition, #condition, __LINE__)

template <class Function>
oxrtmp::status thrown(Function function) {
  try {
    function();
  } catch (const oxrtmp::error &error) {
    REQUIRE(error.what()[0] != '\0');
    REQUIRE(error.detail().status == error.status());
    return error.status();
  }
  return OXRTMP_OK;
}

std::string url(const oxrtmp::server &server, const std::string &name) {
  return "rtmp://" + server.address() + "/live/" + name;
}

oxrtmp_library_info library() {
  return oxrtmp::detail::filled<oxrtmp_library_info>(oxrtmp_library_statistics);
}

/** Every struct that the caller fills has its name in C++, cleared and of its size. */
void structs_begin_cleared() {
  REQUIRE(oxrtmp::runtime_options().struct_size == sizeof(oxrtmp_runtime_options));
  REQUIRE(oxrtmp::channels().struct_size == sizeof(oxrtmp_channels));
  REQUIRE(oxrtmp::color_info().struct_size == sizeof(oxrtmp_color_info));
  REQUIRE(oxrtmp::amf_options().struct_size == sizeof(oxrtmp_amf_options));
  REQUIRE(oxrtmp::handshake_options().struct_size == sizeof(oxrtmp_handshake_options));
  oxrtmp::capabilities can;
  can.fourccs[can.fourcc_count++] = OXRTMP_CODEC_HVC1;
  oxrtmp::server_options options;
  options.capabilities = &can;
  const oxrtmp::server server(local, options);
  std::thread grants([&] {
    oxrtmp::request request;
    REQUIRE(server.accept(request) == OXRTMP_OK);
    const oxrtmp::session session = request.accept();
    oxrtmp::packet packet;
    REQUIRE(session.next_packet(packet) == OXRTMP_E_EOF);
  });
  const oxrtmp_capabilities said = oxrtmp::client::publish(url(server, "x")).capabilities();
  REQUIRE(said.fourcc_count == 1 && said.fourccs[0] == OXRTMP_CODEC_HVC1);
  grants.join();
}

void publish_and_record() {
  char directory[] = "/tmp/oxrtmp-wrapper-XXXXXX";
  REQUIRE(mkdtemp(directory) != nullptr);
  std::string recorded;
  {
    oxrtmp::server server(local);
    std::thread encoder([&] {
      REQUIRE(thrown([&] { oxrtmp::client::publish(url(server, "wrong")); }) == OXRTMP_E_NAME);
      oxrtmp::client client = oxrtmp::client::publish(url(server, "secret"), {}, oxrtmp::milliseconds(10000));
      oxrtmp::metadata metadata;
      metadata.width = 640;
      REQUIRE(client.send_metadata(metadata));
      REQUIRE(client.send_video_sequence_header(avcc));
      for (std::uint32_t i = 0; i < 100; i++) REQUIRE(client.send_video(i * 40, i % 50 == 0, frame));
      REQUIRE(client.flush() == OXRTMP_OK);
      REQUIRE(client.statistics().video_packets == 101);
      REQUIRE(!client.peer_address().empty());
    });
    int frames = 0, accepted = 0;
    oxrtmp::packet kept;
    while (accepted == 0) {
      oxrtmp::request request;
      REQUIRE(server.accept(request) == OXRTMP_OK);
      REQUIRE(request.kind() == OXRTMP_REQUEST_PUBLISH);
      if (request.stream_name() != "secret") {
        request.reject("unauthorized");
        continue;
      }
      accepted++;
      REQUIRE(request.app() == "live" && request.publish_type() == "live");
      oxrtmp::session session = request.accept();
      REQUIRE(!request);
      REQUIRE(session.stream_name() == "secret");
      oxrtmp::recorder recorder(directory, "a name");
      recorded = recorder.path();
      for (const oxrtmp::packet &packet : session.packets()) {
        if (packet->kind == OXRTMP_PACKET_FRAME) {
          frames++;
          REQUIRE(packet.data().size() == frame.size() && packet.data()[4] == 0x65);
          if (packet.keyframe()) kept = packet;
        } else if (packet->kind == OXRTMP_PACKET_METADATA) {
          REQUIRE(packet.handler() == "onMetaData");
          REQUIRE(packet.json().find("640") != std::string::npos);
        }
        recorder.write(packet);
      }
      oxrtmp_metadata metadata{};
      REQUIRE(session.metadata(metadata) == OXRTMP_OK && metadata.width == 640);
      REQUIRE(session.metadata_json().find("640") != std::string::npos && session.metadata_raw().size() > 10);
      REQUIRE(!session.end_reason().empty());
      recorder.close();
    }
    encoder.join();
    REQUIRE(frames == 100);
    REQUIRE(kept->timestamp_ms == 2000 && kept.data()[4] == 0x65);  // longer than its session
  }
  int read = 0;
  oxrtmp::flv_reader reader(recorded);
  for (const oxrtmp::packet &packet : reader.packets()) read += packet->kind == OXRTMP_PACKET_FRAME;
  REQUIRE(read == 100);
  std::ifstream file(recorded, std::ios::binary);
  const std::vector<char> content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  oxrtmp::flv_reader fed = oxrtmp::flv_reader::create();
  REQUIRE(fed.feed(content) == OXRTMP_OK);
  read = 0;
  for (const oxrtmp::packet &packet : fed.packets()) read += packet->kind == OXRTMP_PACKET_FRAME;
  REQUIRE(read == 100);
  std::remove(recorded.c_str());
  std::remove(directory);
}

void hub_and_relay() {
  oxrtmp::hub hub = oxrtmp::hub::create(), far = oxrtmp::hub::create();
  oxrtmp::server_options options;
  options.hub = hub.get();
  oxrtmp::server server(local, options);
  options.hub = far.get();
  oxrtmp::server other(local, options);
  oxrtmp::client publisher = hub.publish("live", "show");
  REQUIRE(thrown([&] { hub.publish("live", "show"); }) == OXRTMP_E_BUSY);
  oxrtmp::relay relay = hub.push("live", "show", url(other, "show"));
  REQUIRE(publisher.send_video_sequence_header(avcc) && publisher.send_video(0, true, frame));
  oxrtmp::client player = oxrtmp::client::play(url(server, "show"));
  REQUIRE(publisher.send_video(40, false, frame));
  int frames = 0;
  for (const oxrtmp::packet &packet : player.packets()) {
    frames += packet->kind == OXRTMP_PACKET_FRAME;
    if (frames == 2) break;
  }
  std::chrono::nanoseconds round_trip{};
  REQUIRE(player.ping(round_trip, oxrtmp::milliseconds(10000)) == OXRTMP_OK && round_trip.count() > 0);
  REQUIRE(player.capabilities().fourcc_count > 0);
  oxrtmp::packet answer;
  REQUIRE(thrown([&] { static_cast<void>(player.call("nothing", std::string("\5"), answer)); }) == OXRTMP_E_REFUSED);
  REQUIRE(server.request_reconnect(nullptr, "elsewhere") <= 1);
  oxrtmp_event event{};
  while (relay.statistics().state != OXRTMP_RELAY_RUNNING) {
    REQUIRE(relay.next_event(event, oxrtmp::milliseconds(10000)) == OXRTMP_OK);
  }
  REQUIRE(hub.statistics().players >= 1 && hub.stream_statistics("live", "show").published == 1);
  REQUIRE(hub.json().find("\"show\"") != std::string::npos);
  REQUIRE(thrown([&] { hub.stream_statistics("live", "another"); }) == OXRTMP_E_NOT_FOUND);
}

void events() {
  oxrtmp::queue queue = oxrtmp::queue::create();
  REQUIRE(queue.fd() >= 0);
  oxrtmp::server server(local);
  server.set_queue(queue, 7);
  oxrtmp::client_options options;
  options.no_wait = 1;
  oxrtmp::client client = oxrtmp::client::publish_open(url(server, "show"), queue, 8, options);
  oxrtmp::session session;
  oxrtmp::packet first;
  oxrtmp::queue::batch batch(16);
  while (!first->kind) {
    REQUIRE(queue.wait(batch, oxrtmp::milliseconds(10000)) == OXRTMP_OK);
    for (oxrtmp_event &event : batch) {
      if (event.type == OXRTMP_EVENT_REQUEST) {
        REQUIRE(event.user_data == 7);
        session = oxrtmp::request(event).accept();
      } else if (event.type == OXRTMP_EVENT_CONNECTED) {
        REQUIRE(event.user_data == 8 && event.source == client.id());
        REQUIRE(client.send_video_sequence_header(avcc));
      } else if (event.type == OXRTMP_EVENT_PACKET) {
        first = oxrtmp::packet(event);
      }
    }
  }
  REQUIRE(first->kind == OXRTMP_PACKET_SEQUENCE_HEADER && first.data().size() == avcc.size());
  queue.wake();
  while (queue.wait(batch, oxrtmp::milliseconds(10000)) == OXRTMP_OK && batch.size() != 0) {
  }
}

void closing_wakes() {
  oxrtmp::server server(local);
  std::thread closer([&] {
    std::this_thread::sleep_for(oxrtmp::milliseconds(50));
    server.close();
  });
  oxrtmp::request request;
  REQUIRE(server.accept(request) == OXRTMP_E_CLOSED);
  closer.join();
  REQUIRE(server.accept(request) == OXRTMP_E_CLOSED);  // as it stays
  oxrtmp::server moved = std::move(server);
  REQUIRE(moved && !server);  // NOLINT: that is what is tested
  REQUIRE(thrown([&] { server.address(); }) == OXRTMP_E_HANDLE);
  REQUIRE(thrown([&] { static_cast<void>(server.accept(request)); }) == OXRTMP_E_HANDLE);
}

void serving() {
  oxrtmp::server server(local);
  std::atomic<int> packets{0};
  std::thread encoder([&] {
    {
      oxrtmp::client client = oxrtmp::client::publish(url(server, "one"));
      oxrtmp_packet packet{};
      packet.kind = OXRTMP_PACKET_FRAME;
      packet.type = 9;
      packet.codec = OXRTMP_CODEC_AVC1;
      packet.flags = OXRTMP_PACKET_KEYFRAME;
      packet.data = frame.data();
      packet.size = frame.size();
      const std::vector<oxrtmp_packet> ten(10, packet);
      REQUIRE(client.send_packets(ten.data(), ten.size()) == 10);
    }
    while (packets < 10) std::this_thread::sleep_for(oxrtmp::milliseconds(1));
    server.close();
  });
  server.serve([&](oxrtmp::request request) {
    oxrtmp::session session = request.accept();
    std::vector<oxrtmp::packet> some;
    while (session.next_packets(some) == OXRTMP_OK) {
      for (const oxrtmp::packet &packet : some) packets += packet->kind == OXRTMP_PACKET_FRAME;
    }
  });
  encoder.join();
  REQUIRE(packets == 10);
}

// A request whose answer could not be given waits still, and is rejected when its object ends.
void answers_that_cannot_be() {
  const oxrtmp::server server(local);
  std::thread publisher([&] {
    for (int i = 0; i < 2; i++) {
      REQUIRE(thrown([&] { oxrtmp::client::publish(url(server, "test")); }) == OXRTMP_E_NAME);
    }
  });
  oxrtmp::request request;
  REQUIRE(server.accept(request) == OXRTMP_OK);
  oxrtmp::session_options options;
  options.queue.id = 1;  // of no queue
  REQUIRE(thrown([&] { request.accept(options); }) == OXRTMP_E_HANDLE && request);
  oxrtmp::mask mask;
  mask.struct_size = 1;
  const oxrtmp::hub hub = oxrtmp::hub::create();
  REQUIRE(thrown([&] { hub.accept_masked(std::move(request), mask); }) == OXRTMP_E_ARGUMENT && !request);
  REQUIRE(server.accept(request) == OXRTMP_OK);
  oxrtmp_event event{};
  event.type = OXRTMP_EVENT_SERVER;  // a MEDIA_TAG is answered by release and drop
  event.request.id = 1;
  REQUIRE(!oxrtmp::request(event) && event.request.id == 1);
  hub.close();
  REQUIRE(thrown([&] { hub.accept(std::move(request)); }) == OXRTMP_E_HANDLE);
  publisher.join();
}

void what_a_server_tells() {
  oxrtmp::server_options options;
  const oxrtmp_user alice = {"alice", "s3cret"};
  options.events = OXRTMP_SERVER_EVENT(OXRTMP_SERVER_PUBLISH) | OXRTMP_SERVER_EVENT(OXRTMP_SERVER_DISCONNECT);
  options.ask_media_tag = options.ask_connect = 1;
  oxrtmp::server server("127.0.0.1:0", options);
  std::thread encoder([&] {
    oxrtmp::client_options login;
    login.user = alice.name;
    login.password = alice.password;
    REQUIRE(thrown([&] { oxrtmp::client::publish(url(server, "elsewhere"), login); }) <= OXRTMP_E_REFUSED);
    oxrtmp::client client = oxrtmp::client::publish(url(server, "told"), login);
    for (std::uint32_t n = 0; n < 4; n++) client.send_video(n, true, frame);
    REQUIRE(thrown([&] {
              while (client.flush() == OXRTMP_OK) {
                client.send_audio(9, frame);
                std::this_thread::sleep_for(oxrtmp::milliseconds(5));
              }
            }) == OXRTMP_E_NAME);
  });
  oxrtmp::request request;
  REQUIRE(server.accept(request) == OXRTMP_OK && request.user().empty() && request.connection() == 1);
  request.redirect("rtmp://127.0.0.1/nowhere", "not here");
  for (bool granted = false; !granted;) {
    REQUIRE(server.accept(request) == OXRTMP_OK && request.kind() == OXRTMP_REQUEST_CONNECT);
    granted = request.login(OXRTMP_LOGIN_ADOBE, request.user() == alice.name ? alice.password : nullptr);
  }
  REQUIRE(server.accept(request) == OXRTMP_OK && request.user() == "alice");
  REQUIRE(thrown([&] { request.login(OXRTMP_LOGIN_ADOBE, "x"); }) == OXRTMP_E_STATE && request);
  oxrtmp::session session = request.accept();
  REQUIRE(session.user() == "alice");
  oxrtmp::server_event event;
  const auto next_event = [&] { /* the connections that were sent away end at any time */
    do {
      REQUIRE(server.next_event(event) == OXRTMP_OK);
    } while (event.kind() == OXRTMP_SERVER_DISCONNECT);
  };
  next_event();
  REQUIRE(event.name() == std::string("publish") && event->stream_name == std::string("told"));
  REQUIRE(event->connection == session.connection());
  oxrtmp::packet packet;
  for (std::uint32_t n = 0; n < 4; n++) {
    next_event();
    REQUIRE(event->packet.timestamp_ms == n);
    if (n % 2 == 0) event.drop();
    event.reset();
    if (n % 2 != 0) REQUIRE(session.next_packet(packet) == OXRTMP_OK && packet->timestamp_ms == n);
  }
  REQUIRE(!server.kick(session.connection() + 1, "nobody"));
  REQUIRE(server.kick(session.connection(), "enough", "NetStream.Publish.BadName"));
  encoder.join();
}

void failures_are_kept_whole() {
  oxrtmp::server_options options;
  options.keep_bytes = 4096;
  const oxrtmp::server server(options);
  std::vector<std::uint8_t> kept;  // the same for all of them, which are of different lengths
  for (const std::string said : {"GET / HTTP/1.0", "GET /a/longer/path HTTP/1.0"}) {
    int pair[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    REQUIRE(write(pair[1], said.data(), said.size()) == static_cast<ssize_t>(said.size()));
    server.adopt_connection(pair[0]);
    oxrtmp_failure failure;
    while (server.take_failure(failure, kept) == OXRTMP_E_AGAIN) {
      std::this_thread::sleep_for(oxrtmp::milliseconds(5));
    }
    REQUIRE(failure.status == OXRTMP_E_HANDSHAKE && failure.offset == 0);
    REQUIRE(std::string(kept.begin(), kept.end()) == said);
    close(pair[1]);
  }
}

void another_stream_instead() {
  oxrtmp::server_options options;
  options.ask_play = 1;
  oxrtmp::server server(local, options);
  std::thread watcher([&] {
    oxrtmp::client client = oxrtmp::client::play(url(server, "low"));
    oxrtmp::play2 play2;
    play2.stream_name = "high";
    play2.json = "{\"mine\":1}";
    client.play2(play2);
    for (const oxrtmp::packet &packet : client.packets()) {
      if (packet->kind == OXRTMP_PACKET_METADATA) REQUIRE(client.metadata_tracks().size() == 1 && client.metadata_tracks()[0].track == 3);
    }
  });
  oxrtmp::request request;
  REQUIRE(server.accept(request) == OXRTMP_OK);
  REQUIRE(request.play().play2 == 0 && thrown([&] { (void)request.play2_json(); }) == OXRTMP_E_STATE);
  oxrtmp::session low = request.accept();
  REQUIRE(server.accept(request) == OXRTMP_OK);
  REQUIRE(request.stream_name() == "high" && request.play().play2 == 1);
  REQUIRE(request.play2_json().find("\"mine\":1") != std::string::npos);
  oxrtmp::session high = request.accept();
  REQUIRE(high.play2_json().find("\"mine\":1") != std::string::npos);
  oxrtmp_track_info track{};
  track.type = 8;
  track.track = 3;
  oxrtmp::metadata metadata;
  metadata.tracks = &track;
  metadata.track_count = 1;
  REQUIRE(high.send_metadata(metadata));
  REQUIRE(high.flush() == OXRTMP_OK);
  high.close();
  watcher.join();
}

void an_engine_of_each_side() {
  oxrtmp::engine calling = oxrtmp::engine::publish("rtmp://h/live/show"), accepting = oxrtmp::engine::server();
  std::uint8_t wire[4096];
  oxrtmp_event event{};
  bool connected = false, arrived = false;
  for (int round = 0; round < 100 && !arrived; round++) {
    for (oxrtmp::engine *from : {&calling, &accepting}) {
      const oxrtmp::engine &to = from == &calling ? accepting : calling;
      for (std::size_t n; (n = from->output(wire, sizeof wire)) > 0;) {
        for (std::size_t done = 0, taken = 0; done < n; done += taken) {
          REQUIRE(to.receive(oxrtmp::milliseconds(round), {wire + done, n - done}, taken) == OXRTMP_OK);
          while (to.next_event(event) == OXRTMP_OK) {
            if (event.type == OXRTMP_EVENT_REQUEST) oxrtmp::request(event).accept();
            if (event.type == OXRTMP_EVENT_CONNECTED) connected = true;
            if (event.type == OXRTMP_EVENT_PACKET) arrived = !oxrtmp::packet(event).data().empty();
          }
        }
      }
    }
    oxrtmp_packet packet{};
    packet.type = 9;
    packet.raw = frame.data();
    packet.raw_size = frame.size();
    if (connected) calling.send_packet(packet);
  }
  REQUIRE(arrived && accepting.statistics().packets_received > 0 && !accepting.closing());
  const std::uint32_t call_id = calling.call("add", std::vector<std::uint8_t>{});
  calling.notify("told", std::vector<std::uint8_t>{});
  REQUIRE(thrown([&] { accepting.answer(7, std::vector<std::uint8_t>{}); }) == OXRTMP_E_STATE);
  REQUIRE(thrown([&] { accepting.refuse(7, "no"); }) == OXRTMP_E_STATE);
  REQUIRE(thrown([&] { calling.request_reconnect(nullptr, ""); }) == OXRTMP_E_STATE);
  REQUIRE(thrown([&] { calling.send_shared_object(std::vector<std::uint8_t>{}); }) == OXRTMP_E_ARGUMENT);
  oxrtmp::play2 play2;
  play2.stream_name = "other";
  REQUIRE(thrown([&] { calling.play2(play2); }) == OXRTMP_E_STATE);
  for (std::size_t n, taken; (n = calling.output(wire, sizeof wire)) > 0;) {
    REQUIRE(accepting.receive(oxrtmp::milliseconds(200), {wire, n}, taken) == OXRTMP_OK && taken == n);
  }
  for (std::size_t n, taken; (n = accepting.output(wire, sizeof wire)) > 0;) {
    REQUIRE(calling.receive(oxrtmp::milliseconds(200), {wire, n}, taken) == OXRTMP_OK && taken == n);
  }
  do {
    REQUIRE(calling.next_event(event) == OXRTMP_OK);
  } while (event.type != OXRTMP_EVENT_REPLY);
  REQUIRE(event.value == call_id && event.status == OXRTMP_E_REFUSED);
}

// testdata/vectors/auth.json has these.
void responses_of_logins() {
  REQUIRE(oxrtmp::authmod_adobe("alice", "s3cret", "Zm9v", "BAgAAA==", "vgoAAA==", "0a1b2c3d") == "E1/Pj0PWH5M1bKNQd0uxcA==");
  REQUIRE(oxrtmp::authmod_adobe("alice", "s3cret", "Zm9v", "BAgAAA==", "", "0a1b2c3d") == "BJN7TNXpOJT9VRpYuEr34Q==");
  REQUIRE(oxrtmp::authmod_llnw("alice", "s3cret", "live", "Tm9uY2U=", "00000001", "0a1b2c3d") ==
          "e68e82a926fac2444813a79bcaf5c16e");
}

}  // namespace

int main() {
  structs_begin_cleared();
  publish_and_record();
  hub_and_relay();
  events();
  closing_wakes();
  serving();
  answers_that_cannot_be();
  what_a_server_tells();
  failures_are_kept_whole();
  another_stream_instead();
  an_engine_of_each_side();
  responses_of_logins();
  const oxrtmp_library_info left = library();
  REQUIRE(left.handles == 0 && left.packets == 0);
  std::printf("  %-44s ok (%d checks)\n", "wrapper_in_cpp", checks);
}
