#pragma once

#include "domain/reader_mark.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <utility>

namespace bridgekeeper {

/// Text that is produced once and sent to many readers. Immutable; any thread.
struct shared_text {
  explicit shared_text(std::string x) : text(std::move(x)) {}

  const std::string text;
  /// The number of readers that it is queued for.
  mutable reader_mark readers;
};

using shared_text_ptr = std::shared_ptr<const shared_text>;

/// Caches a text produced from its owner for as long as any reader holds it.
/// Any thread. A copy starts empty.
class text_memo {
public:
  text_memo() = default;

  text_memo(const text_memo&) noexcept {}

  text_memo& operator=(const text_memo&) noexcept {
    return *this;
  }

  /// Null if no reader holds the text.
  [[nodiscard]] shared_text_ptr find() const {
    return text_.load().lock();
  }

  void remember(const shared_text_ptr& x) {
    text_.store(x);
  }

private:
  std::atomic<std::weak_ptr<const shared_text>> text_;
};

} // namespace bridgekeeper
