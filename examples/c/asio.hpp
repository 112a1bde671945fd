// asio.hpp: Asio, as it stands alone (libasio-dev), or Boost's (libboost-dev).
#pragma once

#if __has_include(<asio/version.hpp>)
#ifndef ASIO_STANDALONE
#define ASIO_STANDALONE
#endif
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
using asio_error = std::error_code;
#else
#include <boost/asio.hpp>
namespace asio = boost::asio;
using asio_error = boost::system::error_code;
#endif
