#pragma once

#include "net/http_session.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::api {

/// Decides which web pages may call the daemon: those of the configured
/// origins, with credentials (contract section 2). Immutable; shared by all
/// threads.
class cors_policy {
public:
  cors_policy() = default;

  explicit cors_policy(std::vector<std::string> origins)
    : origins_(std::move(origins)) {}

  [[nodiscard]] bool allows(std::string_view origin) const;

  /// Whether a browser sent the request for a web page that may not call the
  /// daemon, that is, one whose origin is neither allowed nor the address that
  /// the request was sent to. If the browser names no origin, as with images
  /// and other simple requests, `Sec-Fetch-Site` decides. The check is needed
  /// because any page that a user opens can make the browser send such requests
  /// from the user's machine.
  [[nodiscard]] bool is_foreign(const net::http_request& request) const;

  /// Adds the headers that a browser requires before it lets a page of `origin`
  /// read the response. Applies to all responses, including errors. Adds
  /// nothing if `origin` is empty, because then no browser is involved.
  void decorate(net::http_response& answer, std::string_view origin) const;

  /// Whether this is a preflight request, with which a browser asks whether it
  /// may send the actual request.
  [[nodiscard]] static bool is_preflight(const net::http_request& request);

  [[nodiscard]] net::http_response
  preflight_answer(const net::http_request& request) const;

private:
  std::vector<std::string> origins_;
};

} // namespace bridgekeeper::api
