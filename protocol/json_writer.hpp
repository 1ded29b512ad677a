#pragma once

#include "domain/messages.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bridgekeeper::protocol {

/// Appends `text` to `out` as a JSON string, quotes included. `text` is UTF-8;
/// bytes that are not become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

/// Writes one flat JSON object, member by member, into a string. Values that
/// are objects or lists are given as finished text (`raw`).
class json_writer {
public:
  json_writer() : out_("{") {
    // What most messages fit in.
    out_.reserve(512);
  }

  json_writer& string(std::string_view name, std::string_view value);

  json_writer& nullable(std::string_view name,
                        const std::optional<std::string>& value);

  json_writer& number(std::string_view name, std::int64_t value);

  /// `null` for what JSON has no number for (NaN, infinities).
  json_writer& number(std::string_view name, double value);

  json_writer& flag(std::string_view name, bool value);

  json_writer& null(std::string_view name);

  /// `text` is JSON already.
  json_writer& raw(std::string_view name, std::string_view text);

  /// Closes the object and hands it over; the writer is used up.
  [[nodiscard]] std::string finish() {
    out_ += '}';
    return std::move(out_);
  }

private:
  void begin(std::string_view name);

  std::string out_;
};

} // namespace bridgekeeper::protocol
