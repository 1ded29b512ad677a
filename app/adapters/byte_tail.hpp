#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Keeps the last bytes of a stream of any length.
class byte_tail {
public:
  explicit byte_tail(std::size_t limit) : limit_(limit) {}

  void append(std::string_view bytes) {
    total_ += bytes.size();
    kept_ += bytes;
    // Erasing only at twice the limit means that each byte is moved at most
    // about once.
    if (kept_.size() > 2 * limit_)
      kept_.erase(0, kept_.size() - limit_);
  }

  /// The last bytes, at most `limit` of them.
  [[nodiscard]] std::string_view view() const noexcept {
    std::string_view all = kept_;
    return all.substr(all.size() > limit_ ? all.size() - limit_ : 0);
  }

  [[nodiscard]] bool empty() const noexcept {
    return kept_.empty();
  }

  void clear() noexcept {
    kept_.clear();
    total_ = 0;
  }

  /// The number of bytes that came before those.
  [[nodiscard]] std::size_t dropped() const noexcept {
    return total_ - view().size();
  }

private:
  std::size_t limit_;
  std::size_t total_ = 0;
  std::string kept_;
};

} // namespace bridgekeeper::app
