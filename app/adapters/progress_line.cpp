#include "app/adapters/progress_line.hpp"

#include "app/adapters/plain_text.hpp"
#include "domain/trimmed.hpp"
#include "domain/utf8.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace bridgekeeper::app {

namespace {

constexpr std::string_view ellipsis = "\xE2\x80\xA6";

/// A length for people: `1.2 MiB`.
std::string rough_size(std::size_t bytes) {
  if (bytes < kibibyte)
    return std::to_string(bytes) + " bytes";
  auto in_mebibytes = bytes >= mebibyte;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s",
                static_cast<double>(bytes)
                    / static_cast<double>(in_mebibytes ? mebibyte : kibibyte),
                in_mebibytes ? "MiB" : "KiB");
  return text.data();
}

json_object metadata_of(const nlohmann::json& x) {
  return x.empty()
             ? json_object{}
             : json_object{x.dump(-1, ' ', false,
                                  nlohmann::json::error_handler_t::replace)};
}

} // namespace

void add_progress(progress_lines& out, std::string_view text,
                  progress_tags tags, std::size_t length) {
  auto was_cut = length > text.size();
  length = std::max(length, text.size());
  auto shown = plain_text(text);
  while (!shown.empty() && white_space.find(shown.back()) != std::string::npos)
    shown.pop_back();
  if (trimmed(shown).empty())
    return;
  nlohmann::json metadata(nlohmann::json::value_t::object);
  for (const auto& [name, value] : tags)
    metadata[std::string{name}] = value;
  if (was_cut || shown.size() > max_progress_text) {
    if (looks_like_json(shown))
      return add_described_json(out, length);
    shown = cut_utf8(shown, max_progress_text - ellipsis.size());
    shown += ellipsis;
    metadata["cut"] = true;
    metadata["length"] = length;
  }
  out.push_back({std::move(shown), metadata_of(metadata)});
}

void add_described_json(progress_lines& out, std::size_t length,
                        std::string_view nature) {
  auto text = "printed " + rough_size(length) + " of ";
  if (!nature.empty())
    text.append(nature) += ' ';
  out.push_back(
      {text + "JSON", metadata_of({{"cut", true}, {"length", length}})});
}

bool looks_like_json(std::string_view text) noexcept {
  text = trimmed(text);
  if (!text.starts_with('{') && !text.starts_with('['))
    return false;
  auto next = trimmed(text.substr(1));
  if (next.empty())
    return true;
  constexpr std::string_view in_object = "\"}";
  constexpr std::string_view in_array = "\"{[]";
  auto expected = text[0] == '{' ? in_object : in_array;
  return expected.find(next[0]) != std::string_view::npos;
}

} // namespace bridgekeeper::app
