#include "app/adapters/shell_words.hpp"

#include "domain/trimmed.hpp"

#include <algorithm>
#include <array>

namespace bridgekeeper::app {

namespace {

constexpr std::string_view blanks = " \t";

/// Characters that, unquoted, end a simple command or begin something else.
constexpr std::string_view operators = "|&;<>()\n\r`";

constexpr std::array<std::string_view, 10> reserved{
    "!", "{", "}", "case", "for", "if", "until", "while", "function", "[["};

constexpr bool is_one_of(std::string_view set, char c) {
  return set.find(c) != std::string_view::npos;
}

constexpr bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || c == '_';
}

/// Reads one word after the other.
class word_reader {
public:
  explicit word_reader(std::string_view text) : text_(text) {}

  /// Returns the next word, or nothing at the end and after a failure.
  std::optional<shell_word> next() {
    pos_ = std::min(text_.find_first_not_of(blanks, pos_), text_.size());
    if (pos_ == text_.size() || failed_)
      return std::nullopt;
    if (text_[pos_] == '#')
      return fail();
    shell_word out{{}, pos_, pos_};
    while (pos_ < text_.size() && !is_one_of(blanks, text_[pos_]))
      if (!read_part(out.text))
        return fail();
    out.end = pos_;
    return out;
  }

  [[nodiscard]] bool failed() const noexcept {
    return failed_;
  }

private:
  std::nullopt_t fail() {
    failed_ = true;
    return std::nullopt;
  }

  bool read_part(std::string& out) {
    auto c = text_[pos_];
    if (c == '\'')
      return read_single_quoted(out);
    if (c == '"')
      return read_double_quoted(out);
    if (is_one_of(operators, c) || substitutes())
      return false;
    if (c == '\\') {
      if (++pos_ == text_.size() || text_[pos_] == '\n')
        return false;
      c = text_[pos_];
    }
    out += c;
    ++pos_;
    return true;
  }

  bool read_single_quoted(std::string& out) {
    auto end = text_.find('\'', pos_ + 1);
    if (end == std::string_view::npos)
      return false;
    out += text_.substr(pos_ + 1, end - pos_ - 1);
    pos_ = end + 1;
    return true;
  }

  bool read_double_quoted(std::string& out) {
    for (++pos_; pos_ < text_.size(); ++pos_) {
      if (text_[pos_] == '"') {
        ++pos_;
        return true;
      }
      if (text_[pos_] == '`' || substitutes())
        return false;
      if (text_[pos_] == '\\' && pos_ + 1 < text_.size()
          && is_one_of("$`\"\\", text_[pos_ + 1]))
        ++pos_;
      out += text_[pos_];
    }
    return false;
  }

  /// Whether `$(` is next.
  [[nodiscard]] bool substitutes() const noexcept {
    return text_.substr(pos_).starts_with("$(");
  }

  std::string_view text_;
  std::size_t pos_ = 0;
  bool failed_ = false;
};

} // namespace

std::optional<std::vector<shell_word>>
split_simple_command(std::string_view command) {
  // A line feed at the end is the only one that does not end a command. Blanks
  // stay in front, because the words know their places.
  command = command.substr(0, command.find_last_not_of(white_space) + 1);
  std::vector<shell_word> out;
  word_reader reader{command};
  while (auto word = reader.next())
    out.push_back(std::move(*word));
  if (reader.failed() || out.empty()
      || std::ranges::find(reserved, out.front().text) != reserved.end())
    return std::nullopt;
  return out;
}

bool is_assignment(std::string_view word) noexcept {
  auto name = word.substr(0, std::min(word.find('='), word.size()));
  return name.size() < word.size() && !name.empty()
         && !(name[0] >= '0' && name[0] <= '9')
         && std::ranges::all_of(name, is_name_character);
}

std::string shell_quoted(std::string_view text) {
  auto is_plain = [](char c) {
    return is_name_character(c) || is_one_of("-./:@%+,=", c);
  };
  if (!text.empty() && std::ranges::all_of(text, is_plain))
    return std::string{text};
  std::string out{"'"};
  for (auto c : text)
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  return out + "'";
}

} // namespace bridgekeeper::app
