#pragma once

#include "bench/chunk_decoder.hpp"
#include "bench/load.hpp"
#include "bench/tcp_link.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace bridgekeeper::bench {

/// Follows one agent's event stream over HTTP.
class sse_subscriber final : public tcp_link {
public:
  /// Gets the data of each event, without `data:` and white space.
  using event_handler = std::function<void(std::string_view)>;

  /// `on_up` is called when the server has answered with a stream.
  sse_subscriber(const surroundings& env, const std::string& agent,
                 std::function<void()> on_up, const event_handler& on_event);

private:
  void on_open() override;

  std::size_t on_bytes(std::string_view bytes) override;

  [[nodiscard]] std::size_t take_head(std::string_view bytes);

  void take_body();

  std::string request_;
  std::function<void()> on_up_;
  const event_handler& on_event_;
  bool streaming_ = false;
  bool chunked_ = false;
  chunk_decoder chunks_;
  std::string body_;
};

} // namespace bridgekeeper::bench
