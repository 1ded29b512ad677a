#pragma once

#include "bench/tcp_link.hpp"

#include <deque>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

namespace bridgekeeper::bench {

/// One reply of a Redis server. Refers to what was received.
struct redis_reply {
  /// Of a string or a number; empty for arrays and for nothing.
  std::string_view text;
  /// Of an array.
  std::vector<redis_reply> items;
};

/// Cuts one reply off `bytes`, in version 2 of the protocol, or returns nothing
/// if it has not all arrived. Throws `std::runtime_error` if the reply is an
/// error or not a reply at all.
[[nodiscard]] std::optional<redis_reply>
take_redis_reply(std::string_view& bytes);

/// A connection to a Redis server. Commands may be sent before earlier ones are
/// answered.
class redis_client final : public tcp_link {
public:
  using reply_handler = std::function<void(const redis_reply&)>;

  redis_client(boost::asio::io_context& io, std::function<void()> on_up);

  /// Appends one command; `flush` sends it.
  void command(std::initializer_list<std::string_view> words,
               reply_handler on_reply);

private:
  void on_open() override;

  std::size_t on_bytes(std::string_view bytes) override;

  std::function<void()> on_up_;
  /// Of the commands that have not been answered, in their order.
  std::deque<reply_handler> waiting_;
};

} // namespace bridgekeeper::bench
