#include "app/tokens/scoped_token_file.hpp"

#include "domain/hex.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace bridgekeeper::app {

namespace {

constexpr std::size_t max_name_length = 64;
constexpr std::string_view blanks = " \t\r\f\v";
constexpr std::string_view digest_prefix = "sha256:";
constexpr std::string_view expiry_prefix = "expires=";

constexpr std::array scopes{token_scope::bridge, token_scope::control,
                            token_scope::read, token_scope::admin};

bool is_alphanumeric(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9');
}

/// Removes the text before the next of `ends`, and that character, and returns
/// the text.
std::string_view take_until(std::string_view& text, std::string_view ends) {
  auto end = std::min(text.find_first_of(ends), text.size());
  auto out = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return out;
}

std::vector<std::string_view> columns(std::string_view line) {
  std::vector<std::string_view> out;
  while (!line.empty())
    if (auto word = take_until(line, blanks); !word.empty())
      out.push_back(word);
  return out;
}

std::optional<token_digest> read_digest(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  token_digest out{};
  if (!text.starts_with(digest_prefix))
    return std::nullopt;
  text.remove_prefix(digest_prefix.size());
  if (text.size() != 2 * out.size())
    return std::nullopt;
  for (std::size_t i = 0; i < out.size(); ++i) {
    auto high = digits.find(text[2 * i]);
    auto low = digits.find(text[2 * i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos)
      return std::nullopt;
    out[i] = static_cast<unsigned char>(high * 16 + low);
  }
  return out;
}

failure wrong(std::string what) {
  return {errc::invalid_message, std::move(what)};
}

} // namespace

bool is_token_label(std::string_view text) noexcept {
  constexpr std::string_view punctuation = "._@-";
  return !text.empty() && text.size() <= max_name_length
         && is_alphanumeric(text.front()) && !text.starts_with(token_prefix)
         && std::all_of(text.begin(), text.end(), [&](char c) {
              return is_alphanumeric(c)
                     || punctuation.find(c) != std::string_view::npos;
            });
}

bool is_agent_pattern(std::string_view text) noexcept {
  return !text.empty() && text.size() <= max_name_length
         && std::all_of(text.begin(), text.end(), [](char c) {
              return is_alphanumeric(c) || c == '-' || c == '*' || c == '?';
            });
}

// -- one line -----------------------------------------------------------------

std::optional<std::string> read_scopes(std::string_view text,
                                       token_grant& out) {
  if (text.ends_with(','))
    return "a scope is missing after the last comma";
  do {
    auto item = take_until(text, ",");
    auto name = item.substr(0, item.find(':'));
    auto scope = std::find_if(scopes.begin(), scopes.end(),
                              [&](auto x) { return to_string(x) == name; });
    if (scope == scopes.end())
      return "unknown scope; the scopes are bridge, control, read and admin";
    if (out.scopes.holds(*scope))
      return "the scope " + std::string{name} + " is given twice";
    out.scopes.add(*scope);
    if (name.size() == item.size())
      continue;
    if (*scope != token_scope::bridge)
      return "only the scope bridge can be bound to agents, not "
             + std::string{name};
    auto pattern = item.substr(name.size() + 1);
    if (!is_agent_pattern(pattern))
      return "an agent pattern is 1 to 64 letters, digits, hyphens, * and ?";
    out.agents = pattern;
  } while (!text.empty());
  return std::nullopt;
}

result<std::optional<token_grant>> parse_token_line(std::string_view line) {
  auto words = columns(line);
  if (words.empty() || words.front().front() == '#')
    return std::optional<token_grant>{};
  token_grant out;
  if (auto digest = read_digest(words[0]))
    out.digest = *digest;
  else
    // The text is not quoted, because it may be a token that was put there by
    // mistake.
    return wrong("the first column is not sha256: and 64 digits of 0-9, a-f; "
                 "create tokens with `bridgekeeper token new`");
  if (words.size() < 3 || words.size() > 4)
    return wrong(
        "expected a hash, a label, scopes and optionally expires=TIME");
  if (!is_token_label(words[1]))
    return wrong(std::string{label_rule});
  out.label = words[1];
  if (auto problem = read_scopes(words[2], out))
    return wrong(std::move(*problem));
  if (words.size() == 3)
    return std::optional{std::move(out)};
  if (words[3].starts_with(expiry_prefix))
    out.expires = parse_iso8601(words[3].substr(expiry_prefix.size()));
  if (!out.expires)
    return wrong("the fourth column is not expires= and a time such as "
                 "2027-01-31T12:00:00Z");
  return std::optional{std::move(out)};
}

std::string to_scope_text(const token_grant& x) {
  std::string out;
  for (auto scope : scopes) {
    if (!x.scopes.holds(scope))
      continue;
    out += out.empty() ? "" : ",";
    out += to_string(scope);
    if (scope == token_scope::bridge && x.agents != "*")
      out += ":" + x.agents;
  }
  return out;
}

std::string to_token_line(const token_grant& x) {
  auto out = std::string{digest_prefix} + to_hex(x.digest);
  out += " " + x.label + " " + to_scope_text(x);
  if (x.expires)
    out += " " + std::string{expiry_prefix} + to_iso8601_seconds(*x.expires);
  return out;
}

// -- the file -----------------------------------------------------------------

scoped_tokens parse_scoped_tokens(std::string_view text,
                                  const std::string& name) {
  scoped_tokens out;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    auto report = [&](const std::string& what) {
      out.errors.push_back(name + ":" + std::to_string(number) + ": " + what);
    };
    auto line = parse_token_line(take_until(text, "\n"));
    if (!line) {
      report(line.error().detail);
      continue;
    }
    auto& grant = *line;
    if (!grant)
      continue;
    auto stands = [&](auto key) {
      return std::any_of(
          out.grants.begin(), out.grants.end(),
          [&](const auto& x) { return x.*key == (*grant).*key; });
    };
    if (stands(&token_grant::label))
      report("the label " + grant->label
             + " is already used above; each token needs its own");
    else if (stands(&token_grant::digest))
      report("this token is already listed above, with another label");
    else
      out.grants.push_back(std::move(*grant));
  }
  return out;
}

} // namespace bridgekeeper::app
