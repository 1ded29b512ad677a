#pragma once

#include "support/tcp_peer.hpp"

#include <map>
#include <string>
#include <string_view>

namespace bridgekeeper::test {

/// An answer as an HTTP client reads it.
struct http_answer {
  unsigned status = 0;
  std::string reason;
  /// 10 or 11.
  unsigned version = 0;
  bool keep_alive = false;
  /// By names in lower case.
  std::map<std::string, std::string> headers;
  std::string body;
};

/// An HTTP client that writes what it is told to, byte for byte, and reads
/// answers with Boost.Beast's parser.
class http_peer : public tcp_peer {
public:
  using tcp_peer::tcp_peer;

  /// `GET target` over HTTP/1.1.
  void get(std::string_view target, std::string_view more_headers = {});

  void post(std::string_view target, std::string_view body,
            std::string_view more_headers = {});

  /// Asks for a WebSocket and returns the head of the answer. From there on the
  /// test speaks in frames.
  std::string upgrade(std::string_view more_headers = {});

  /// The next answer. To HEAD there is no body, whatever its length says.
  [[nodiscard]] http_answer read_answer(bool to_head = false);
};

} // namespace bridgekeeper::test
