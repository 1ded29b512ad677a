#include "net/http_text.hpp"

#include "net/http_date.hpp"
#include "protocol/error_json.hpp"

#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace bridgekeeper::net {

namespace {

void append_number(std::string& out, std::size_t value, int base = 10) {
  std::array<char, 24> buf;
  auto [end, error] =
      std::to_chars(buf.data(), buf.data() + buf.size(), value, base);
  out.append(buf.data(), end);
}

bool has_header(const http_response& x, std::string_view wanted) {
  return std::any_of(x.headers.begin(), x.headers.end(),
                     [wanted](const auto& y) { return y.first == wanted; });
}

/// Responses contain results and may be private, so caches must not store them,
/// unless a response says otherwise.
constexpr std::string_view not_stored = "\r\ncache-control: no-store";

/// Pages must not frame responses. Browsers must not guess their type.
constexpr std::string_view fixed_headers =
    "\r\ncontent-security-policy: default-src 'none'; frame-ancestors 'none'"
    "\r\nx-content-type-options: nosniff";

/// Adds `connection` unless the version already implies its value.
void append_connection(std::string& out, const http_response& response,
                       unsigned version, bool keep_alive) {
  auto offers_upgrade = has_header(response, "upgrade");
  std::string_view lasting = !keep_alive    ? "close"
                             : version < 11 ? "keep-alive"
                                            : "";
  if (!offers_upgrade && lasting.empty())
    return;
  out += "connection: ";
  if (offers_upgrade)
    out += lasting.empty() ? "upgrade" : "upgrade, ";
  out += lasting;
  out += "\r\n";
}

void append_head(std::string& out, const http_response& response,
                 unsigned version) {
  out += version >= 11 ? "HTTP/1.1 " : "HTTP/1.0 ";
  append_number(out, response.status);
  out += ' ';
  auto reason = boost::beast::http::obsolete_reason(
      boost::beast::http::int_to_status(response.status));
  out.append(reason.data(), reason.size());
  if (!response.content_type.empty()) {
    out += "\r\ncontent-type: ";
    out += response.content_type;
  }
  out += "\r\ndate: ";
  out += http_date_now();
  if (!has_header(response, "cache-control"))
    out += not_stored;
  out += fixed_headers;
  for (const auto& [name, value] : response.headers) {
    out += "\r\n";
    out += name;
    out += ": ";
    out += value;
  }
  out += "\r\n";
}

} // namespace

std::string response_text(const http_response& response, unsigned version,
                          bool keep_alive, bool head_only) {
  std::string out;
  out.reserve(256 + response.body.size());
  append_head(out, response, version);
  if (response.has_length) {
    out += "content-length: ";
    append_number(out, response.body.size());
    out += "\r\n";
  }
  append_connection(out, response, version, keep_alive);
  out += "\r\n";
  if (!head_only)
    out += response.body;
  return out;
}

std::string stream_head_text(const http_response& response, bool chunked,
                             bool is_last) {
  std::string out;
  append_head(out, response, chunked ? 11 : 10);
  if (chunked)
    out += "transfer-encoding: chunked\r\n";
  if (!chunked || is_last)
    out += "connection: close\r\n";
  return out + "\r\n";
}

void append_chunk_head(std::string& out, std::size_t length) {
  append_number(out, length, 16);
  out += "\r\n";
}

void offer_websocket(http_response& out) {
  out.headers.emplace_back("upgrade", "websocket");
  out.headers.emplace_back("sec-websocket-version", "13");
}

http_response refusal(const failure& why,
                      std::optional<std::chrono::seconds> retry_after) {
  http_response response;
  response.status = describe(why.code).http_status;
  response.why = why;
  retry_after = protocol::delay_of(why.code, retry_after);
  response.body = protocol::error_json(why, retry_after);
  if (response.status == 401)
    response.headers.emplace_back("www-authenticate", "Bearer");
  if (why.code == errc::bad_upgrade)
    offer_websocket(response);
  if (retry_after)
    ask_for_retry(response, *retry_after);
  return response;
}

void ask_for_retry(http_response& out, std::chrono::seconds delay) {
  out.headers.emplace_back("retry-after", std::to_string(delay.count()));
}

std::string refusal_text(errc why) {
  return response_text(refusal({why, {}}), 11, false, false);
}

} // namespace bridgekeeper::net
