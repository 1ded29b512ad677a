#pragma once

#include "domain/limits.hpp"
#include "domain/shared_text.hpp"

#include <cstddef>
#include <string>
#include <utility>

namespace bridgekeeper::net {

/// Shared texts of at least this size are sent without a copy.
inline constexpr std::size_t worth_sharing = 4 * kibibyte;

/// A piece of a response, or a message. Several peers can share the middle
/// part.
struct stream_text {
  stream_text(std::string x) : head(std::move(x)) {}

  stream_text(const char* x) : head(x) {}

  stream_text(std::string before, shared_text_ptr shared, std::string after)
    : head(std::move(before)), body(std::move(shared)), tail(std::move(after)) {
  }

  [[nodiscard]] std::size_t size() const noexcept {
    return head.size() + (body ? body->text.size() : 0) + tail.size();
  }

  std::string head;
  /// Null if nothing is shared.
  shared_text_ptr body;
  std::string tail;
};

} // namespace bridgekeeper::net
