#pragma once

#include <openssl/crypto.h>

#include <string>
#include <string_view>
#include <utility>

namespace bridgekeeper::net {

/// Overwrites the contents of `x` and empties it.
inline void wipe(std::string& x) noexcept {
  OPENSSL_cleanse(x.data(), x.size());
  x.clear();
}

/// Text that is overwritten on destruction, for tokens that are held only to be
/// compared: they must not remain in memory or in swap space afterwards. Not
/// copyable; moving a text of up to 15 characters may leave a copy behind.
class secret_text {
public:
  secret_text() = default;

  explicit secret_text(std::string text) noexcept : text_(std::move(text)) {}

  secret_text(secret_text&& other) noexcept
    : text_(std::exchange(other.text_, {})) {}

  secret_text& operator=(secret_text&& other) noexcept {
    std::swap(text_, other.text_);
    return *this;
  }

  ~secret_text() {
    wipe(text_);
  }

  [[nodiscard]] bool empty() const noexcept {
    return text_.empty();
  }

  [[nodiscard]] const std::string& str() const noexcept {
    return text_;
  }

private:
  std::string text_;
};

} // namespace bridgekeeper::net
