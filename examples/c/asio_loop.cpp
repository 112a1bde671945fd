// A queue's descriptor in a loop of Asio, with the classes of oxrtmp.hpp. It does what epoll_loop and uv_loop do:
//
//   c++ -std=c++17 asio_loop.cpp $(pkg-config --cflags --libs oxrtmp) -pthread -o asio_loop
//   asio_loop ingest ADDRESS DIRECTORY | pull URL FILE | relay FROM TO
#include "asio.hpp"
#include "printable.hpp"

#include <oxrtmp.hpp>

#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <unistd.h>

namespace {

class program {
 public:
  program(asio::io_context &loop, std::string role, std::string first, std::string second)
      : role_(std::move(role)), first_(std::move(first)), second_(std::move(second)), queue_(oxrtmp::queue::create()),
        // Asio closes what it is given: a copy of the descriptor.
        readable_(loop, dup(queue_.fd())) {
    if (role_ == "ingest") {
      server_ = oxrtmp::server(first_);
      server_.set_queue(queue_);
      std::cout << "listening on " << server_.address() << std::endl;
    } else if (role_ == "pull") {
      recorder_ = oxrtmp::recorder(second_);
      source_ = oxrtmp::client::play_open(first_, queue_);
    } else {
      oxrtmp::client_options options;
      options.drop_video = 1;  // in a loop nothing may wait: a target that is too slow loses video
      options.output_bytes = 8 << 20;
      target_ = oxrtmp::client::publish_open(second_, queue_, 0, options);
    }
    wait();
  }

  bool failed() const { return failed_; }

 private:
  struct stream {
    oxrtmp::session session;
    oxrtmp::recorder recorder;
    std::string name;
  };

  void wait() {
    readable_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const asio_error &error) {
      if (error) return;
      if (drain()) {
        wait();
      } else {
        static_cast<asio::io_context &>(readable_.get_executor().context()).stop();
      }
    });
  }

  bool drain() {
    oxrtmp::queue::batch events(64);
    bool more = true;
    if (queue_.drain(events) != OXRTMP_OK) return false;
    for (oxrtmp_event &event : events) more = take(event) && more;
    return more;
  }

  // What goes wrong with one stream, such as a publisher that has gone meanwhile, does not end the others.
  bool take(oxrtmp_event &event) try {
    return handle(event);
  } catch (const oxrtmp::error &error) {
    std::cerr << error.what() << '\n';
    failed_ = failed_ || role_ != "ingest";
    return role_ == "ingest";
  }

  // Whether the program goes on. Packets are released with the batch.
  bool handle(oxrtmp_event &event) {
    switch (event.type) {
    case OXRTMP_EVENT_REQUEST:
      answer(oxrtmp::request(event));
      return true;
    case OXRTMP_EVENT_PACKET:
      receive(event);
      return true;
    case OXRTMP_EVENT_STREAM_END:
      std::cout << "end " << printable(streams_.at(event.source)->name) << std::endl;
      streams_.erase(event.source);
      return true;
    case OXRTMP_EVENT_CONNECTED:
      if (event.source == target_.id()) source_ = oxrtmp::client::play_open(first_, queue_);
      return true;
    case OXRTMP_EVENT_FAILED:
      std::cerr << oxrtmp_phase_name(event.phase) << ": " << event.u.info.text << '\n';
      failed_ = true;
      return false;
    case OXRTMP_EVENT_CLIENT_END:
      failed_ = failed_ || event.status != OXRTMP_E_EOF || event.source == target_.id();
      if (role_ != "relay" || event.source != source_.id()) return false;
      target_.close_start();  // what was sent leaves first
      return true;
    case OXRTMP_EVENT_CLIENT_CLOSED:
      failed_ = failed_ || event.status != OXRTMP_OK;
      return false;
    default:
      return true;
    }
  }

  void answer(oxrtmp::request request) {
    auto added = std::make_unique<stream>();
    added->name = request.stream_name();
    added->recorder = oxrtmp::recorder(second_, added->name);
    added->session = request.accept();  // its events come to the server's queue
    streams_[added->session.id()] = std::move(added);
  }

  void receive(oxrtmp_event &event) {
    if (role_ == "relay") {
      target_.send_packet(event.u.packet);
      return;
    }
    const oxrtmp::recorder &recorder = role_ == "pull" ? recorder_ : streams_.at(event.source)->recorder;
    recorder.write(event.u.packet);
  }

  std::string role_, first_, second_;
  oxrtmp::queue queue_;
  asio::posix::stream_descriptor readable_;
  oxrtmp::server server_;
  oxrtmp::client source_, target_;
  oxrtmp::recorder recorder_;
  std::map<std::uint64_t, std::unique_ptr<stream>> streams_;
  bool failed_ = false;
};

}  // namespace

int main(int argc, char **argv) try {
  const std::string role = argc == 4 ? argv[1] : "";
  if (role != "ingest" && role != "pull" && role != "relay") {
    std::cerr << "usage: asio_loop ingest ADDRESS DIRECTORY | pull URL FILE | relay FROM TO\n";
    return 2;
  }
  asio::io_context loop;
  asio::signal_set ends(loop, SIGINT, SIGTERM);
  ends.async_wait([&](const asio_error &, int) { loop.stop(); });
  program running(loop, role, argv[2], argv[3]);
  loop.run();
  return running.failed() ? 1 : 0;
} catch (const std::exception &error) {
  std::cerr << error.what() << '\n';
  return 1;
}
