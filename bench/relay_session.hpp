#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bridgekeeper::bench {

enum class relay_mode : std::uint8_t {
  /// Forwards a frame to the peer that its route names.
  relay,
  /// Sends every frame back as it came.
  echo,
  /// Parses every frame and answers with a heartbeat made from it.
  echo_json,
};

class relay_session;

/// Who is connected, by number. A session leaves when its connection ends.
struct relay_table {
  relay_mode mode = relay_mode::relay;
  std::vector<relay_session*> agents;
  std::vector<relay_session*> requesters;
};

/// Accepts connections on loopback for as long as the `io_context` runs.
class relay_listener {
public:
  relay_listener(boost::asio::io_context& io, relay_mode mode,
                 unsigned short port);

  [[nodiscard]] unsigned short port() const;

  void accept();

private:
  using tcp = boost::asio::ip::tcp;

  boost::asio::io_context& io_;
  relay_table table_;
  boost::asio::basic_socket_acceptor<tcp,
                                     boost::asio::io_context::executor_type>
      acceptor_;
};

} // namespace bridgekeeper::bench
