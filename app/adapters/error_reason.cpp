#include "app/adapters/error_reason.hpp"

#include "app/adapters/agent_json.hpp"
#include "app/adapters/document_reader.hpp"
#include "app/adapters/plain_text.hpp"
#include "app/adapters/progress_line.hpp"
#include "app/text/utf8_text.hpp"
#include "domain/trimmed.hpp"
#include "domain/utf8.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <ranges>
#include <vector>

namespace bridgekeeper::app {

namespace {

/// How much of the text is searched.
constexpr std::size_t searched = std::size_t{64} * 1024;

/// How a line begins that states an error, in lower case.
constexpr std::array<std::string_view, 10> error_starts{
    "error:", "error ", "error[",    "[error]",    "fatal:",
    "fatal ", "panic:", "uncaught ", "exception:", "failed:"};

constexpr std::array<std::string_view, 5> noise_starts{
    "at ", "Node.js v", "Require stack:", "npm notice", "File \""};

std::string in_lower_case(std::string_view text) {
  std::string out{text};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Whether the line begins like `ValueError: …`, `java.io.IOException: …` or
/// `git: error: …`.
bool names_error(std::string_view line) {
  auto colon = line.find(": ");
  if (colon == std::string_view::npos)
    return false;
  auto name = line.substr(0, colon);
  auto is_name = name.find(' ') == std::string_view::npos;
  auto rest = in_lower_case(line.substr(colon + 2, 8));
  return (is_name && (name.ends_with("Error") || name.ends_with("Exception")))
         || (is_name
             && (rest.starts_with("error: ") || rest.starts_with("fatal: ")));
}

bool states_error(std::string_view line) {
  auto lower = in_lower_case(line.substr(0, 16));
  return std::ranges::any_of(
             error_starts,
             [&](std::string_view x) { return lower.starts_with(x); })
         || names_error(line);
}

bool is_noise(std::string_view line) {
  return std::ranges::none_of(line,
                              [](char c) {
                                return is_letter(c) || (c >= '0' && c <= '9')
                                       || static_cast<unsigned char>(c) > 127;
                              })
         || std::ranges::any_of(noise_starts, [&](std::string_view x) {
              return line.starts_with(x);
            });
}

std::string in_bounds(std::string_view line) {
  return std::string{cut_utf8(trimmed(line), max_progress_text)};
}

/// Collects the lines and the errors in JSON.
class error_collector final : public document_sink {
public:
  void on_document(const nlohmann::json& x) override {
    const auto& type = member(x, "type");
    auto is_error = !member(x, "error").is_null()
                    || (type.is_string() && type == "error")
                    || is_true(x, "is_error");
    if (!is_error)
      return;
    if (auto text = error_message_of(x); !text.empty())
      stated_ = in_bounds(plain_text(headline_of(text)));
  }

  void on_text(std::string_view line, std::size_t /*length*/) override {
    auto plain = plain_text(line);
    auto words = trimmed(plain);
    if (words.empty())
      return;
    auto is_indented = plain[0] == ' ' || plain[0] == '\t';
    if (states_error(words))
      (is_indented ? indented_ : stated_) = in_bounds(words);
    if (!is_noise(words))
      last_ = in_bounds(words);
    else
      noise_ = in_bounds(words);
  }

  void on_fragment(std::size_t /*length*/) override {}

  [[nodiscard]] std::optional<std::string> stated() const {
    if (!stated_.empty())
      return stated_;
    return indented_.empty() ? std::nullopt : std::optional{indented_};
  }

  [[nodiscard]] std::string any() const {
    return stated().value_or(last_.empty() ? noise_ : last_);
  }

private:
  static std::string_view headline_of(std::string_view text) {
    text = trimmed(text);
    return text.substr(0, text.find('\n'));
  }

  std::string stated_;
  std::string indented_;
  std::string last_;
  std::string noise_;
};

error_collector collect(std::string_view text) {
  if (text.size() > searched)
    text.remove_prefix(text.size() - searched);
  error_collector out;
  document_reader reader;
  // Gemini marks the beginning of its errors in JSON.
  constexpr std::string_view mark = "[ERROR] {";
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size() - 1) + 1;
    auto line = text.substr(0, end);
    if (line.starts_with(mark))
      line.remove_prefix(mark.size() - 1);
    reader.feed(line, out);
    text.remove_prefix(end);
  }
  reader.finish(out);
  return out;
}

} // namespace

std::optional<std::string> stated_error(std::string_view text) {
  return collect(text).stated();
}

std::string reason_in(std::string_view errors) {
  return collect(errors).any();
}

std::string plain_end(std::string_view text, std::size_t limit) {
  // Escape sequences make the text longer than what is left of it, and what is
  // invalid becomes up to three times as long.
  auto rest = text.substr(text.size() - std::min(text.size(), 4 * limit));
  auto plain = plain_text(skip_partial_character(rest));
  std::string_view out = plain;
  if (out.size() > limit)
    out = skip_partial_character(out.substr(out.size() - limit));
  return std::string{trimmed(out)};
}

} // namespace bridgekeeper::app
