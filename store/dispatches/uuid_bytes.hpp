#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::store {

/// A UUID as the store keeps it: 16 bytes take less than half the room of the
/// text.
using uuid_bytes = std::array<char, 16>;

/// The bytes of a UUID in its usual form, with lower-case digits and hyphens.
/// Nothing for any other text, which is stored as it is.
[[nodiscard]] std::optional<uuid_bytes> to_uuid(std::string_view text) noexcept;

/// The usual form of a UUID; `bytes` must hold 16 bytes.
[[nodiscard]] std::string to_uuid_text(std::string_view bytes);

/// The least and the greatest UUID whose text starts with some characters.
struct uuid_range {
  uuid_bytes first{};
  uuid_bytes last{};
};

/// The range of UUIDs whose text starts with `prefix`: 1 to 36 digits and
/// hyphens in their places. Nothing for any other text.
[[nodiscard]] std::optional<uuid_range>
uuids_from(std::string_view prefix) noexcept;

} // namespace bridgekeeper::store
