#include "bench/chunk_decoder.hpp"

#include <algorithm>
#include <stdexcept>

namespace bridgekeeper::bench {

namespace {

std::size_t hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return static_cast<std::size_t>(c - '0');
  if (c >= 'a' && c <= 'f')
    return static_cast<std::size_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F')
    return static_cast<std::size_t>(c - 'A' + 10);
  throw std::runtime_error("a stream with a malformed chunk");
}

} // namespace

void chunk_decoder::decode(std::string_view bytes, std::string& body) {
  while (!bytes.empty()) {
    if (state_ == state::content) {
      auto part = bytes.substr(0, left_);
      body += part;
      bytes.remove_prefix(part.size());
      left_ -= part.size();
      if (left_ == 0)
        state_ = state::after_content;
      continue;
    }
    auto c = bytes.front();
    bytes.remove_prefix(1);
    if (state_ != state::after_content)
      take_size(c);
    else if (c == '\n')
      state_ = state::size;
  }
}

void chunk_decoder::take_size(char c) {
  if (c == '\n') {
    if (left_ == 0)
      throw std::runtime_error("the server ended a stream");
    state_ = state::content;
  } else if (c == ';' || c == '\r') {
    state_ = state::extension;
  } else if (state_ == state::size) {
    left_ = left_ * 16 + hex_digit(c);
  }
}

} // namespace bridgekeeper::bench
