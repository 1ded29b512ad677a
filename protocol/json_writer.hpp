#pragma once

#include "domain/messages.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bridgekeeper::protocol {

/// Appends `text` to `out` as a JSON string, including the quotes. Invalid
/// UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

/// Writes one flat JSON object into a string, member by member. Values that are
/// objects or lists are passed as finished text (`raw`).
class json_writer {
public:
  json_writer() : out_("{") {
    // Enough for most messages.
    out_.reserve(512);
  }

  json_writer& string(std::string_view name, std::string_view value);

  json_writer& nullable(std::string_view name,
                        const std::optional<std::string>& value);

  json_writer& number(std::string_view name, std::int64_t value);

  /// Writes `null` for values that JSON cannot represent (NaN, infinities).
  json_writer& number(std::string_view name, double value);

  json_writer& flag(std::string_view name, bool value);

  json_writer& null(std::string_view name);

  /// `text` must already be JSON.
  json_writer& raw(std::string_view name, std::string_view text);

  /// Closes the object and returns it; the writer must not be used any more.
  [[nodiscard]] std::string finish() {
    out_ += '}';
    return std::move(out_);
  }

private:
  void begin(std::string_view name);

  std::string out_;
};

} // namespace bridgekeeper::protocol
