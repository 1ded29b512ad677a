#pragma once

// Private to this room: Beast is heavy.

#include "net/http_session.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace bridgekeeper::net {

using parser_type =
    boost::beast::http::request_parser<boost::beast::http::string_body>;

/// The request in the parser, as the owner sees it; as far as it was read.
class parsed_request : public http_request {
public:
  parsed_request(const parser_type::value_type& message,
                 const std::string& peer_ip)
    : message_(message), peer_ip_(peer_ip) {}

  [[nodiscard]] std::string_view method() const override {
    auto text = message_.method_string();
    return {text.data(), text.size()};
  }

  [[nodiscard]] std::string_view target() const override {
    auto text = message_.target();
    return origin_form({text.data(), text.size()});
  }

  [[nodiscard]] std::string_view body() const override {
    return message_.body();
  }

  [[nodiscard]] std::string_view header(std::string_view name) const override {
    auto text = message_[boost::core::string_view{name.data(), name.size()}];
    return {text.data(), text.size()};
  }

  [[nodiscard]] std::string header_list(std::string_view name) const override {
    std::string out;
    auto [first, last] = message_.equal_range(
        boost::core::string_view{name.data(), name.size()});
    for (auto i = first; i != last; ++i) {
      auto text = i->value();
      out.append(i == first ? "" : ", ").append(text.data(), text.size());
    }
    return out;
  }

  [[nodiscard]] bool is_websocket_upgrade() const override {
    return boost::beast::websocket::is_upgrade(message_);
  }

  /// An upgrade in the version there is, with a key (RFC 6455, 4.2.1).
  [[nodiscard]] bool speaks_our_websocket() const {
    constexpr std::size_t key_length = 24;
    return header("Sec-WebSocket-Version") == "13"
           && header("Sec-WebSocket-Key").size() == key_length;
  }

  [[nodiscard]] const std::string& peer_ip() const override {
    return peer_ip_;
  }

private:
  /// Proxies may be sent whole URLs, and so may we (RFC 9112, 3.2.2).
  static std::string_view origin_form(std::string_view target) {
    for (std::string_view scheme : {"http://", "https://"}) {
      if (!boost::beast::iequals(
              {target.data(), std::min(target.size(), scheme.size())},
              {scheme.data(), scheme.size()}))
        continue;
      auto path = target.find('/', scheme.size());
      return path != std::string_view::npos ? target.substr(path) : "/";
    }
    return target;
  }

  const parser_type::value_type& message_;
  const std::string& peer_ip_;
};

} // namespace bridgekeeper::net
