#include "bench/redis_client.hpp"

#include <charconv>
#include <stdexcept>
#include <string>
#include <utility>

namespace bridgekeeper::bench {

namespace {

constexpr std::string_view line_end = "\r\n";

void append_length(std::string& out, char kind, std::size_t length) {
  char digits[20];
  auto end = std::to_chars(digits, digits + sizeof(digits), length).ptr;
  out += kind;
  out.append(digits, end);
  out += line_end;
}

long to_number(std::string_view text) {
  long out = 0;
  auto [end, code] =
      std::from_chars(text.data(), text.data() + text.size(), out);
  if (code != std::errc{} || end != text.data() + text.size())
    throw std::runtime_error("Redis sent a length that is not a number");
  return out;
}

std::optional<redis_reply> take_text(std::string_view& bytes, long length) {
  if (length < 0)
    return redis_reply{};
  auto size = static_cast<std::size_t>(length);
  if (bytes.size() < size + line_end.size())
    return std::nullopt;
  redis_reply out{bytes.substr(0, size), {}};
  bytes.remove_prefix(size + line_end.size());
  return out;
}

std::optional<redis_reply> take_array(std::string_view& bytes, long length) {
  redis_reply out;
  for (; length > 0; --length) {
    auto item = take_redis_reply(bytes);
    if (!item)
      return std::nullopt;
    out.items.push_back(std::move(*item));
  }
  return out;
}

} // namespace

std::optional<redis_reply> take_redis_reply(std::string_view& bytes) {
  auto end = bytes.find(line_end);
  if (end == std::string_view::npos)
    return std::nullopt;
  auto kind = bytes.front();
  auto line = bytes.substr(1, end - 1);
  bytes.remove_prefix(end + line_end.size());
  switch (kind) {
  case '+':
  case ':':
    return redis_reply{line, {}};
  case '$':
    return take_text(bytes, to_number(line));
  case '*':
    return take_array(bytes, to_number(line));
  case '-':
    throw std::runtime_error("Redis says " + std::string{line});
  default:
    throw std::runtime_error("Redis sent something that is not a reply");
  }
}

redis_client::redis_client(boost::asio::io_context& io,
                           std::function<void()> on_up)
  : tcp_link(io), on_up_(std::move(on_up)) {}

void redis_client::command(std::initializer_list<std::string_view> words,
                           reply_handler on_reply) {
  append_length(out(), '*', words.size());
  for (auto word : words) {
    append_length(out(), '$', word.size());
    out() += word;
    out() += line_end;
  }
  waiting_.push_back(std::move(on_reply));
}

void redis_client::on_open() {
  on_up_();
}

std::size_t redis_client::on_bytes(std::string_view bytes) {
  auto rest = bytes;
  while (true) {
    auto ahead = rest;
    auto reply = take_redis_reply(ahead);
    if (!reply)
      return bytes.size() - rest.size();
    if (waiting_.empty())
      throw std::runtime_error("Redis answered without being asked");
    rest = ahead;
    auto on_reply = std::move(waiting_.front());
    waiting_.pop_front();
    on_reply(*reply);
  }
}

} // namespace bridgekeeper::bench
