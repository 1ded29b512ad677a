#pragma once

#include <span>
#include <string_view>

namespace bridgekeeper::api {

/// A file that was compiled in.
struct embedded_text {
  std::string_view name;
  std::string_view text;
};

/// The files in `api/openapi`, of which `openapi_document` is made.
[[nodiscard]] std::span<const embedded_text> openapi_sources() noexcept;

} // namespace bridgekeeper::api
