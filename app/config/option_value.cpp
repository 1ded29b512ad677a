#include "app/config/option_value.hpp"

#include "app/text/overload.hpp"
#include "app/text/quantity.hpp"
#include "domain/trimmed.hpp"
#include "protocol/json_writer.hpp"

#include <algorithm>
#include <cctype>

namespace bridgekeeper::app {

const std::string* text_of(const option_value& value) noexcept {
  if (auto x = std::get_if<plain_text>(&value))
    return &x->text;
  return std::get_if<std::string>(&value);
}

std::optional<bool> read_switch(const option_value& value) {
  if (auto x = std::get_if<bool>(&value))
    return *x;
  if (auto x = std::get_if<plain_text>(&value)) {
    for (auto yes : {"true", "on", "yes", "1"})
      if (x->text == yes)
        return true;
    for (auto no : {"false", "off", "no", "0"})
      if (x->text == no)
        return false;
  }
  return std::nullopt;
}

std::optional<texts> read_list(const option_value& value) {
  if (auto x = std::get_if<texts>(&value))
    return *x;
  if (auto x = std::get_if<plain_text>(&value))
    return split_at_commas(x->text);
  if (auto x = std::get_if<std::string>(&value))
    return texts{*x};
  return std::nullopt;
}

std::string describe(const option_value& value) {
  constexpr std::size_t longest = 80;
  auto text = [](const std::string& x) {
    return x.size() <= longest ? quote(x)
                               : quote(x.substr(0, longest)) + " and more";
  };
  return std::visit(
      overload{
          [](foreign_value) -> std::string {
            return "a value of another type";
          },
          [&](const plain_text& x) { return text(x.text); },
          [](bool x) -> std::string { return x ? "true" : "false"; },
          [](std::int64_t x) { return std::to_string(x); },
          [](double x) { return format_number(x); },
          [&](const std::string& x) { return text(x); },
          [&](const texts& xs) {
            return xs.empty() ? "an empty list" : text(join(xs, ", "));
          },
      },
      value);
}

std::string quote(std::string_view text) {
  std::string out;
  protocol::append_json_string(out, text);
  return out;
}

std::string join(const texts& items, std::string_view separator) {
  std::string out;
  for (const auto& x : items)
    out.append(&x == &items.front() ? "" : separator).append(x);
  return out;
}

bool is_same_word(std::string_view lowered, std::string_view any) noexcept {
  return std::ranges::equal(lowered, any, [](char a, unsigned char b) {
    return a == static_cast<char>(std::tolower(b));
  });
}

texts split_at_commas(std::string_view text) {
  texts out;
  while (!text.empty()) {
    auto comma = std::min(text.find(','), text.size());
    if (auto part = trimmed(text.substr(0, comma)); !part.empty())
      out.emplace_back(part);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return out;
}

} // namespace bridgekeeper::app
