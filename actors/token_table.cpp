#include "actors/token_table.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

namespace bridgekeeper::actors {

using protocol::errc;

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\f\v";
  auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

} // namespace

token_table::token_table(const std::vector<std::string>& tokens) {
  for (const auto& token : tokens)
    if (auto text = trimmed(token); !text.empty())
      digests_.push_back(digest_of(text));
}

std::optional<errc> token_table::check(std::string_view token) const noexcept {
  if (digests_.empty())
    return errc::auth_not_configured;
  if (token.empty())
    return errc::missing_token;
  auto presented = digest_of(token);
  auto matches = 0;
  for (const auto& known : digests_)
    matches |= CRYPTO_memcmp(known.data(), presented.data(), known.size()) == 0;
  if (matches == 0)
    return errc::invalid_token;
  return std::nullopt;
}

token_table::digest token_table::digest_of(std::string_view token) noexcept {
  digest out{};
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(),
         out.data());
  return out;
}

std::vector<std::string> parse_token_file(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    auto end = text.find('\n');
    auto line = trimmed(text.substr(0, end));
    if (!line.empty() && line.front() != '#')
      out.emplace_back(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

} // namespace bridgekeeper::actors
