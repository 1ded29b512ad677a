#include "net/server/gate.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace bridgekeeper::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t max_answer = 1024;

/// One attempt to pass the gate, from the connection to the gate's response.
class visit {
public:
  visit(const endpoint& where, std::string words)
    : resolver_(context_), socket_(context_), words_(std::move(words)) {
    resolver_.async_resolve(where.host, std::to_string(where.port),
                            [this](error_code error, const auto& found) {
                              if (!error)
                                connect(found);
                            });
  }

  result<int> run(std::chrono::milliseconds timeout) {
    context_.run_for(timeout);
    if (!answer_.ends_with('\n'))
      return failure{errc::unavailable, {}};
    answer_.pop_back();
    if (answer_ != "welcome")
      return refusal();
    error_code error;
    auto descriptor = socket_.release(error);
    if (error)
      return failure{errc::unavailable, error.message()};
    return descriptor;
  }

private:
  void connect(const tcp::resolver::results_type& found) {
    asio::async_connect(socket_, found, [this](error_code error, const auto&) {
      if (!error)
        handshake();
    });
  }

  void handshake() {
    asio::async_write(socket_, asio::buffer(words_),
                      [this](error_code error, std::size_t) {
                        if (!error)
                          listen();
                      });
  }

  /// Reads byte by byte, because the bytes after the line belong to another
  /// protocol.
  void listen() {
    asio::async_read(socket_, asio::buffer(&next_, 1),
                     [this](error_code error, std::size_t) {
                       if (error)
                         return;
                       answer_ += next_;
                       if (next_ != '\n' && answer_.size() < max_answer)
                         listen();
                     });
  }

  /// Parses `refused REASON DETAIL`.
  [[nodiscard]] failure refusal() const {
    constexpr std::string_view verb = "refused ";
    std::string_view rest = answer_;
    if (!rest.starts_with(verb))
      return {errc::unavailable, {}};
    rest.remove_prefix(verb.size());
    auto reason = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), reason.size() + 1));
    for (const auto& x : all_reasons())
      if (x.token == reason)
        return {x.code, std::string{rest}};
    return {errc::invalid_token, std::string{rest}};
  }

  asio::io_context context_;
  tcp::resolver resolver_;
  tcp::socket socket_;
  std::string words_;
  std::string answer_;
  char next_ = 0;
};

} // namespace

result<int> pass_gate(const endpoint& where, const std::string& greeting,
                      const std::string& credential,
                      std::chrono::milliseconds timeout) {
  return visit{where, greeting + " " + credential + "\n"}.run(timeout);
}

} // namespace bridgekeeper::net
