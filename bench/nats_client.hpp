#pragma once

#include "bench/load.hpp"
#include "bench/ws_client.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace bridgekeeper::bench {

/// A message that NATS delivered.
struct nats_message {
  std::string_view subject;
  /// Where to answer; empty where no answer is wanted.
  std::string_view reply;
  std::string_view payload;
};

/// A client of a NATS server's WebSocket listener: the text protocol in binary
/// frames.
class nats_client final : public ws_client {
public:
  using message_handler =
      std::function<void(nats_client&, const nats_message&)>;

  /// Subscribes to `subject`, then calls `on_up`. A space and a queue group may
  /// follow the subject.
  nats_client(const surroundings& env, std::string subject,
              std::function<void()> on_up, message_handler on_message);

  /// Appends one more subscription; `flush` sends it.
  void subscribe(std::string_view subject);

  /// Appends one `PUB`; `flush` sends it.
  void publish(std::string_view subject, std::string_view reply,
               std::string_view payload);

private:
  void on_upgraded() override;

  void on_message(std::string_view payload) override;

  /// Returns how much of the stream it has used up.
  [[nodiscard]] std::size_t take(std::string_view stream);

  /// Returns how much of what follows the line belongs to it, or
  /// `std::string_view::npos` if that has not all arrived.
  [[nodiscard]] std::size_t take_line(std::string_view line,
                                      std::string_view rest);

  [[nodiscard]] std::size_t take_msg(std::string_view line,
                                     std::string_view rest);

  std::string subject_;
  std::function<void()> on_up_;
  message_handler on_delivery_;
  std::string pending_;
  std::string scratch_;
};

} // namespace bridgekeeper::bench
