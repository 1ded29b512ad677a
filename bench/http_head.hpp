#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace bridgekeeper::bench {

/// What a client must know of an answer's head to find its end.
struct http_head {
  int status = 0;
  /// Bytes up to and with the empty line.
  std::size_t size = 0;
  std::size_t content_length = 0;
  bool chunked = false;
};

/// The head that `bytes` begin with, if it is complete.
[[nodiscard]] std::optional<http_head> parse_head(std::string_view bytes);

} // namespace bridgekeeper::bench
