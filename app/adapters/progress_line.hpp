#pragma once

#include "domain/limits.hpp"
#include "domain/messages.hpp"

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bridgekeeper::app {

/// One piece of progress, as a bridge reports it.
struct progress_line {
  /// UTF-8 of at most `max_progress_text` bytes; may contain line feeds.
  std::string text;
  /// What a program may want to know about the text: `kind` (`tool`,
  /// `thinking`, `retry`, …), `cut`.
  json_object metadata = {};

  friend bool operator==(const progress_line&, const progress_line&) = default;
};

using progress_lines = std::vector<progress_line>;

/// Names and values for the metadata of a progress line.
using progress_tags =
    std::initializer_list<std::pair<std::string_view, std::string_view>>;

inline constexpr std::size_t max_progress_text = 8 * kibibyte;

/// Appends a line with what a person would see of `text`, unless that is
/// nothing. `length` is how long the text was as printed, if it has already
/// been cut. A text that exceeds the bound ends in an ellipsis and has `cut`
/// and its `length` in the metadata; JSON is not cut but described.
void add_progress(progress_lines& out, std::string_view text,
                  progress_tags tags = {}, std::size_t length = 0);

/// Appends a line that says how much JSON the agent has printed, instead of the
/// JSON. `nature` is an adjective: `incomplete`.
void add_described_json(progress_lines& out, std::size_t length,
                        std::string_view nature = {});

/// Whether `text` begins as JSON objects and arrays do.
[[nodiscard]] bool looks_like_json(std::string_view text) noexcept;

} // namespace bridgekeeper::app
