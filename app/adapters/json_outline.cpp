#include "app/adapters/json_outline.hpp"

#include "domain/trimmed.hpp"

namespace bridgekeeper::app {

namespace {

/// The characters with which tokens of JSON begin.
constexpr std::string_view token_starts = "{}[]\",:-0123456789tfn";

} // namespace

void json_outline::feed(std::string_view line) noexcept {
  line = trimmed(line);
  if (!line.empty() && token_starts.find(line[0]) == std::string_view::npos)
    is_broken_ = true;
  auto inside_string = false;
  for (std::size_t i = 0; i < line.size() && !is_broken_; ++i) {
    auto c = line[i];
    if (inside_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        inside_string = false;
    } else if (c == '"') {
      inside_string = true;
    } else if (c == '[' || c == '{') {
      is_broken_ = ++depth_ > max_json_depth;
    } else if (c == ']' || c == '}') {
      if (depth_ == 0)
        is_broken_ = true;
      else
        --depth_;
    }
  }
  ends_in_string_ = inside_string && !is_broken_;
  is_broken_ = is_broken_ || inside_string;
}

} // namespace bridgekeeper::app
