#pragma once

// Private to this room, because Beast is slow to compile.

#include "domain/result.hpp"
#include "net/http_session.hpp"
#include "net/request_rules.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bridgekeeper::net {

using parser_type =
    boost::beast::http::request_parser<boost::beast::http::string_body>;

/// The owner's view of the request in the parser, as far as it has been read.
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
    return path_and_query(whole_target());
  }

  [[nodiscard]] std::string_view body() const override {
    return message_.body();
  }

  // Requests have few headers, so a linear search is faster than Beast's tree.
  [[nodiscard]] std::string_view header(std::string_view name) const override {
    for (const auto& x : message_)
      if (is_named(x, name))
        return {x.value().data(), x.value().size()};
    return {};
  }

  [[nodiscard]] std::size_t header_count(std::string_view name) const override {
    std::size_t out = 0;
    for (const auto& x : message_)
      out += is_named(x, name) ? 1 : 0;
    return out;
  }

  [[nodiscard]] std::string header_list(std::string_view name) const override {
    std::string out;
    auto is_first = true;
    for (const auto& x : message_) {
      if (!is_named(x, name))
        continue;
      out.append(std::exchange(is_first, false) ? "" : ", ")
          .append(x.value().data(), x.value().size());
    }
    return out;
  }

  [[nodiscard]] bool is_websocket_upgrade() const override {
    if (!is_upgrade_)
      is_upgrade_ = boost::beast::websocket::is_upgrade(message_);
    return *is_upgrade_;
  }

  /// Why the request is invalid although it could be parsed, or nothing.
  [[nodiscard]] std::optional<failure> fault() const {
    using boost::beast::http::field;
    auto is_1_1 = message_.version() >= 11;
    std::size_t hosts = 0;
    std::size_t origins = 0;
    std::size_t codings = 0;
    for (const auto& x : message_) {
      hosts += x.name() == field::host ? 1 : 0;
      origins += x.name() == field::origin ? 1 : 0;
      codings += x.name() == field::transfer_encoding ? 1 : 0;
    }
    if (hosts > 1 || (hosts == 0 && is_1_1) || !is_valid_host(header("Host")))
      return invalid(hosts > 1    ? "it has more than one Host header"
                     : hosts == 0 ? "it has no Host header"
                                  : "its Host header has no host");
    if (origins > 1)
      return invalid("it has more than one Origin header");
    if (form_of(method(), whole_target()) == target_form::other)
      return invalid("its target is neither a path nor an http(s) URL");
    // If the end of the body is ambiguous, another reader could take part of it
    // for a request (RFC 9112, 6.1).
    if (codings > 0
        && !(boost::beast::iequals(header_list("Transfer-Encoding"), "chunked")
             && is_1_1))
      return invalid("its Transfer-Encoding is not chunked");
    return std::nullopt;
  }

  /// Why this request cannot be upgraded to a WebSocket (RFC 6455, 4.2.1), or
  /// nothing.
  [[nodiscard]] std::optional<failure> upgrade_fault() const {
    auto version = header("Sec-WebSocket-Version");
    if (header_count("Sec-WebSocket-Version") > 1
        || version.find(',') != std::string_view::npos)
      return invalid("it has more than one Sec-WebSocket-Version");
    if (version != "13")
      return failure{errc::bad_upgrade, {}};
    if (header_count("Sec-WebSocket-Key") != 1
        || !is_websocket_key(header("Sec-WebSocket-Key")))
      return invalid("its Sec-WebSocket-Key does not decode to 16 bytes");
    return std::nullopt;
  }

  [[nodiscard]] const std::string& peer_ip() const override {
    return peer_ip_;
  }

private:
  using field_type = parser_type::value_type::value_type;

  static bool is_named(const field_type& x, std::string_view name) {
    auto said = x.name_string();
    return said.size() == name.size()
           && boost::beast::iequals(said, {name.data(), name.size()});
  }

  static failure invalid(std::string_view why) {
    auto reason = errc::bad_request;
    return {reason, std::string{sentence(reason)} + ": " + std::string{why}};
  }

  [[nodiscard]] std::string_view whole_target() const {
    auto text = message_.target();
    return {text.data(), text.size()};
  }

  const parser_type::value_type& message_;
  const std::string& peer_ip_;
  mutable std::optional<bool> is_upgrade_;
};

} // namespace bridgekeeper::net
