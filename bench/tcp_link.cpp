#include "bench/tcp_link.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <cstring>
#include <stdexcept>

namespace bridgekeeper::bench {

namespace {

using boost::system::error_code;

constexpr std::size_t first_read_bytes = 2048;

void check(const error_code& code, const char* doing) {
  if (code)
    throw std::runtime_error(std::string{doing} + ": " + code.message());
}

} // namespace

tcp_link::tcp_link(boost::asio::io_context& io)
  : socket_(io.get_executor()), in_(first_read_bytes, '\0') {}

void tcp_link::open(const endpoint& server) {
  socket_.async_connect(server, [this](error_code code) {
    check(code, "connect");
    socket_.set_option(boost::asio::ip::tcp::no_delay{true});
    socket_.non_blocking(true);
    on_open();
    read();
  });
}

void tcp_link::flush() {
  if (corked_ || blocked_)
    return;
  while (written_ < out_.size()) {
    error_code code;
    auto rest = boost::asio::buffer(out_) + written_;
    written_ += socket_.write_some(rest, code);
    if (code == boost::asio::error::would_block)
      return await_writable();
    check(code, "write");
  }
  out_.clear();
  written_ = 0;
}

void tcp_link::await_writable() {
  blocked_ = true;
  socket_.async_wait(socket::wait_write, [this](error_code code) {
    check(code, "wait");
    blocked_ = false;
    flush();
  });
}

void tcp_link::read() {
  if (filled_ == in_.size())
    in_.resize(in_.size() * 2);
  socket_.async_read_some(boost::asio::buffer(in_) + filled_,
                          [this](error_code code, std::size_t received) {
                            check(code, "read");
                            take(received);
                            read();
                          });
}

void tcp_link::take(std::size_t received) {
  filled_ += received;
  corked_ = true;
  auto done = on_bytes({in_.data(), filled_});
  corked_ = false;
  filled_ -= done;
  if (filled_ != 0 && done != 0)
    std::memmove(in_.data(), in_.data() + done, filled_);
  flush();
}

} // namespace bridgekeeper::bench
