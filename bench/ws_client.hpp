#pragma once

#include "bench/tcp_link.hpp"
#include "bench/ws_frame.hpp"

#include <string>
#include <string_view>

namespace bridgekeeper::bench {

/// Where a WebSocket is opened.
struct ws_target {
  std::string path;
  /// Sent as a bearer token unless empty.
  std::string token = {};
};

/// A WebSocket client: upgrades, hands over frames, answers pings. A close
/// frame is an error like any end of the connection.
class ws_client : public tcp_link {
public:
  ws_client(boost::asio::io_context& io, ws_target target);

  /// Appends a frame; `flush` sends it.
  void add(opcode kind, std::string_view payload) {
    append_frame(out(), kind, payload);
  }

  /// Pings that were answered.
  [[nodiscard]] std::size_t pings() const noexcept {
    return pings_;
  }

protected:
  /// The upgrade succeeded.
  virtual void on_upgraded() = 0;

  /// A complete message.
  virtual void on_message(std::string_view payload) = 0;

  void on_open() final;

  std::size_t on_bytes(std::string_view bytes) final;

private:
  [[nodiscard]] std::size_t take_upgrade(std::string_view bytes);

  void take_frame(const ws_frame& frame);

  void take_data(const ws_frame& frame);

  ws_target target_;
  bool upgraded_ = false;
  std::string fragments_;
  std::size_t pings_ = 0;
};

} // namespace bridgekeeper::bench
