#pragma once

#include "protocol/json_writer.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace bridgekeeper::protocol {

/// Writes one JSON list into a string, item by item.
class json_list {
public:
  json_list& string(std::string_view text) {
    begin();
    append_json_string(out_, text);
    return *this;
  }

  /// `text` must already be JSON.
  json_list& raw(std::string_view text) {
    begin();
    out_ += text;
    return *this;
  }

  /// Closes the list and returns it; the writer must not be used any more.
  [[nodiscard]] std::string finish() {
    out_ += ']';
    return std::move(out_);
  }

private:
  void begin() {
    if (out_.size() > 1)
      out_ += ',';
  }

  std::string out_ = "[";
};

/// A JSON list of `texts`.
[[nodiscard]] inline std::string list_of(std::span<const std::string> texts) {
  json_list out;
  for (const auto& text : texts)
    out.string(text);
  return out.finish();
}

} // namespace bridgekeeper::protocol
