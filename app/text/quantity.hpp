#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

using seconds = std::chrono::duration<double>;

/// Whether a quantity may be written without its unit. Flags and variables are
/// text only, so it may; the file has a type for numbers, so it may not.
enum class bare_number { refused, accepted };

/// Reads `500ms`, `30s`, `10m`, `2h`, `7d`, or `30` for seconds. Fractions are
/// valid; signs and infinities are not. The caller checks the range.
[[nodiscard]] std::optional<seconds> parse_duration(std::string_view text,
                                                    bare_number bare);

/// Reads `512B`, `64KiB`, `16MiB`, `1GiB`, or `65536` for bytes. Whole numbers
/// only.
[[nodiscard]] std::optional<std::size_t> parse_size(std::string_view text,
                                                    bare_number bare);

/// A number in as few digits as identify it: `0.5`.
[[nodiscard]] std::string format_number(double x);

/// Seconds in as few digits as identify the value, without a unit: `0.5`.
[[nodiscard]] std::string format_seconds(seconds x);

/// The same in decimal notation, however large: `2592000`.
[[nodiscard]] std::string format_decimal(double x);

/// A time as settings are written: `30d` if it is whole days, otherwise seconds
/// (`30s`, `0.5s`).
[[nodiscard]] std::string format_duration(seconds x);

/// Bytes in the largest unit that loses nothing: `16MiB`, `65537B`.
[[nodiscard]] std::string format_size(std::size_t bytes);

} // namespace bridgekeeper::app
