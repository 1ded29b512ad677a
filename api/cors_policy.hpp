#pragma once

#include "net/http_session.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::api {

/// Which web pages may call us (contract section 2): those of these origins,
/// with credentials. Immutable: shared by all threads.
class cors_policy {
public:
  cors_policy() = default;

  explicit cors_policy(std::vector<std::string> origins)
    : origins_(std::move(origins)) {}

  [[nodiscard]] bool allows(std::string_view origin) const;

  /// Whether a browser sent the request for a web page that may not call us: of
  /// an origin that is neither allowed nor the address that the request went
  /// to. Where the browser names no origin, as for images and other simple
  /// requests, its `Sec-Fetch-Site` tells. Any page that somebody opens can
  /// have his browser send such requests from his machine.
  [[nodiscard]] bool is_foreign(const net::http_request& request) const;

  /// Adds what a browser needs to let a page of `origin` see the answer; every
  /// answer has it, errors too. Empty origin: no browser, nothing added.
  void decorate(net::http_response& answer, std::string_view origin) const;

  /// Whether a browser asks if it may send a request, without sending it.
  [[nodiscard]] static bool is_preflight(const net::http_request& request);

  [[nodiscard]] net::http_response
  preflight_answer(const net::http_request& request) const;

private:
  std::vector<std::string> origins_;
};

} // namespace bridgekeeper::api
