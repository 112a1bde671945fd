// Engines on Asio's sockets and timers, with the classes of oxrtmp.hpp. It does what engine_uv does:
//
//   c++ -std=c++17 engine_asio.cpp $(pkg-config --cflags --libs oxrtmp) -pthread -o engine_asio
//   engine_asio ingest ADDRESS DIRECTORY | pull URL FILE | relay FROM TO
#include "asio.hpp"
#include "printable.hpp"

#include <oxrtmp.hpp>

#include <array>
#include <functional>
#include <iostream>
#include <memory>
#include <string>

namespace {

using asio::ip::tcp;
using clock_type = std::chrono::steady_clock;
constexpr std::chrono::seconds linger{2};  // for the last words of a connection to arrive

// A connection lives as long as something of Asio's waits for it.
class connection : public std::enable_shared_from_this<connection> {
 public:
  connection(tcp::socket socket, oxrtmp::engine engine)
      : socket_(std::move(socket)), timer_(socket_.get_executor()), engine_(std::move(engine)) {}

  std::function<void(const oxrtmp_packet &)> on_packet;
  std::function<void(oxrtmp::request)> on_request;
  std::function<void()> on_connected;
  std::function<void(bool failed)> on_end;  // of the stream, or of the connection without one; once

  void start() {
    read();
    settle();
  }
  void send(const oxrtmp_packet &packet) {
    engine_.send_packet(packet);
    settle();
  }
  void end() {
    engine_.end();
    settle();
  }

 private:
  void read() {
    socket_.async_read_some(asio::buffer(input_), [self = shared_from_this()](const asio_error &error, std::size_t size) {
      if (error) return self->hang_up();
      if (!self->said_) self->receive(size);
      self->settle();
      self->read();
    });
  }

  oxrtmp::milliseconds age() const {
    return std::chrono::duration_cast<oxrtmp::milliseconds>(clock_type::now() - begun_);
  }

  void receive(std::size_t size) {
    for (std::size_t at = 0, taken = 0; at < size; at += taken) {
      try {
        if (engine_.receive(age(), {input_.data() + at, size - at}, taken) != OXRTMP_OK) return;
        for (oxrtmp_event event; engine_.next_event(event) == OXRTMP_OK; oxrtmp_event_release(&event)) handle(event);
      } catch (const oxrtmp::error &error) {  // the peer broke the protocol, or its stream cannot be recorded:
        std::cerr << error.what() << '\n';
        engine_.end();  // the engine's last words still leave
        return over(true);
      }
    }
  }

  void handle(oxrtmp_event &event) {
    switch (event.type) {
    case OXRTMP_EVENT_REQUEST:
      return on_request(oxrtmp::request(event));
    case OXRTMP_EVENT_PACKET:
      return on_packet(oxrtmp::packet(event).get());
    case OXRTMP_EVENT_CONNECTED:
      began_ = true;
      if (on_connected) std::exchange(on_connected, nullptr)();
      return;
    case OXRTMP_EVENT_STREAM_END:
      return over(false);
    case OXRTMP_EVENT_FAILED:
      std::cerr << oxrtmp_phase_name(event.phase) << ": " << event.u.info.text << '\n';
      return over(true);
    default:
      return;
    }
  }

  // What follows from what the engine was told: its output leaves, piece by piece, and once all is said our direction
  // ends, and the other side hangs up.
  void settle() {
    if (said_ || writing_ || !socket_.is_open()) return;
    const std::size_t size = engine_.output(output_.data(), output_.size());
    if (size > 0) {
      writing_ = true;
      asio::async_write(socket_, asio::buffer(output_.data(), size), [self = shared_from_this()](const asio_error &error, std::size_t) {
        self->writing_ = false;
        if (error) return self->hang_up();
        self->settle();
      });
      return;
    }
    if (engine_.closing()) {
      asio_error ignored;
      said_ = true;
      socket_.shutdown(tcp::socket::shutdown_send, ignored);
      return wait(clock_type::now() + linger);
    }
    const oxrtmp::milliseconds deadline = engine_.deadline();
    if (deadline.count() >= 0) wait(begun_ + deadline);
  }

  void wait(clock_type::time_point until) {
    timer_.expires_at(until);
    timer_.async_wait([weak = weak_from_this()](const asio_error &error) {
      const auto self = weak.lock();
      if (error || !self) return;
      if (self->said_) return self->hang_up();
      try {
        self->engine_.advance(self->age());
      } catch (const oxrtmp::error &late) {
        std::cerr << late.what() << '\n';
        self->over(true);
      }
      self->settle();
    });
  }

  void hang_up() {
    asio_error ignored;
    timer_.cancel();
    socket_.close(ignored);
    over(!began_);
  }

  void over(bool failed) {
    if (on_end) std::exchange(on_end, nullptr)(failed);
  }

  tcp::socket socket_;
  asio::steady_timer timer_;
  oxrtmp::engine engine_;
  const clock_type::time_point begun_ = clock_type::now();
  bool began_ = false, writing_ = false, said_ = false;
  std::array<std::uint8_t, 16 << 10> input_, output_;
};

// The host and port of a URL, or HOST:PORT.
tcp::endpoint endpoint_of(asio::io_context &loop, std::string url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string::npos) url.erase(0, scheme + 3);
  url.erase(std::min(url.find('/'), url.size()));
  const std::size_t colon = url.rfind(':');
  const std::string port = colon == std::string::npos ? "1935" : url.substr(colon + 1);
  return *tcp::resolver(loop).resolve(tcp::v4(), url.substr(0, colon), port).begin();
}

std::shared_ptr<connection> connect(asio::io_context &loop, const std::string &url, oxrtmp::engine engine) {
  tcp::socket socket(loop);
  socket.connect(endpoint_of(loop, url));
  return std::make_shared<connection>(std::move(socket), std::move(engine));
}

// Every stream that is published is recorded.
class ingest {
 public:
  ingest(asio::io_context &loop, const std::string &address, std::string directory)
      : directory_(std::move(directory)), listener_(loop, endpoint_of(loop, address)) {
    std::cout << "listening on " << listener_.local_endpoint() << std::endl;
    accept();
  }

 private:
  void accept() {
    listener_.async_accept([this](const asio_error &error, tcp::socket socket) {
      if (error) return;
      record(std::make_shared<connection>(std::move(socket), oxrtmp::engine::server()));
      accept();
    });
  }

  void record(const std::shared_ptr<connection> &c) {
    struct recording {
      oxrtmp::recorder recorder;
      std::string name;
    };
    auto current = std::make_shared<recording>();
    c->on_request = [this, current](oxrtmp::request request) {
      if (current->recorder) return;  // one stream of a connection: others are rejected
      current->name = request.stream_name();
      current->recorder = oxrtmp::recorder(directory_, current->name);
      request.accept();  // an engine makes no session
    };
    c->on_packet = [current](const oxrtmp_packet &packet) { current->recorder.write(packet); };
    c->on_end = [current](bool) {
      if (!current->recorder) return;  // nothing was published
      current->recorder.close();
      std::cout << "end " << printable(current->name) << std::endl;
    };
    c->start();
  }

  std::string directory_;
  tcp::acceptor listener_;
};

void pull(asio::io_context &loop, bool &failed, const std::string &url, const std::string &file) {
  auto recorder = std::make_shared<oxrtmp::recorder>(file);
  const auto source = connect(loop, url, oxrtmp::engine::play(url));
  source->on_packet = [recorder](const oxrtmp_packet &packet) { recorder->write(packet); };
  source->on_end = [&loop, &failed, recorder](bool fault) {
    recorder->close();
    failed = fault;
    loop.stop();
  };
  source->start();
}

void relay(asio::io_context &loop, bool &failed, const std::string &from, const std::string &to) {
  const auto target = connect(loop, to, oxrtmp::engine::publish(to));
  target->on_connected = [&loop, &failed, from, target] {  // the source is played once the target has accepted
    const auto source = connect(loop, from, oxrtmp::engine::play(from));
    source->on_packet = [target](const oxrtmp_packet &packet) { target->send(packet); };
    source->on_end = [&failed, target](bool fault) {
      failed = failed || fault;
      target->end();
    };
    source->start();
  };
  target->on_end = [&loop, &failed](bool fault) {
    failed = failed || fault;
    loop.stop();
  };
  target->start();
}

}  // namespace

int main(int argc, char **argv) try {
  const std::string role = argc == 4 ? argv[1] : "";
  asio::io_context loop;
  asio::signal_set ends(loop, SIGINT, SIGTERM);
  ends.async_wait([&](const asio_error &, int) { loop.stop(); });
  bool failed = false;
  std::unique_ptr<ingest> server;
  if (role == "ingest") {
    server = std::make_unique<ingest>(loop, argv[2], argv[3]);
  } else if (role == "pull") {
    pull(loop, failed, argv[2], argv[3]);
  } else if (role == "relay") {
    relay(loop, failed, argv[2], argv[3]);
  } else {
    std::cerr << "usage: engine_asio ingest ADDRESS DIRECTORY | pull URL FILE | relay FROM TO\n";
    return 2;
  }
  loop.run();
  return failed ? 1 : 0;
} catch (const std::exception &error) {
  std::cerr << error.what() << '\n';
  return 1;
}
