#include "domain/access/token_table.hpp"

#include "domain/trimmed.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

namespace bridgekeeper {

void add_plain_grant(std::vector<token_grant>& to, std::string_view token) {
  auto text = trimmed(token);
  if (text.empty())
    return;
  auto& out = to.emplace_back();
  out.label = plain_token_label;
  out.digest = digest_of(text);
  out.scopes = scope_set::all();
  out.plain = true;
}

token_table::token_table(const std::vector<std::string>& plain,
                         std::vector<token_grant> scoped) {
  std::vector<token_grant> all;
  for (const auto& token : plain)
    add_plain_grant(all, token);
  for (auto* list : {&all, &scoped})
    for (auto& x : *list)
      grants_.push_back(std::make_shared<const token_grant>(std::move(x)));
}

token_table token_table::of(std::vector<token_grant> grants) {
  return token_table{{}, std::move(grants)};
}

bool token_table::is_same_as(const token_table& other) const {
  return std::equal(grants_.begin(), grants_.end(), other.grants_.begin(),
                    other.grants_.end(),
                    [](const auto& x, const auto& y) { return *x == *y; });
}

result<token_grant_ptr> token_table::identify(std::string_view token,
                                              timestamp now) const {
  if (grants_.empty())
    return failure{errc::auth_not_configured, {}};
  if (token.empty())
    return failure{errc::missing_token, {}};
  auto presented = digest_of(token);
  // Compare all digests so that the time does not depend on which one matches.
  // The loop runs backwards so that the first match wins.
  auto found = grants_.size();
  for (auto i = grants_.size(); i-- > 0;) {
    const auto& known = grants_[i]->digest;
    if (CRYPTO_memcmp(known.data(), presented.data(), known.size()) == 0)
      found = i;
  }
  if (found == grants_.size() || grants_[found]->has_expired(now))
    return failure{errc::invalid_token, {}};
  return grants_[found];
}

token_grant_ptr token_table::renew(const token_grant_ptr& earlier,
                                   timestamp now) const {
  if (earlier->plain)
    return earlier;
  auto same = [&](const auto& x) { return x->digest == earlier->digest; };
  auto found = std::find_if(grants_.begin(), grants_.end(), same);
  if (found == grants_.end() || (*found)->has_expired(now))
    return nullptr;
  return *found;
}

bool token_table::any_expires(timestamp after, timestamp until) const noexcept {
  return std::any_of(grants_.begin(), grants_.end(), [&](const auto& x) {
    return x->expires && *x->expires > after && *x->expires <= until;
  });
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

} // namespace bridgekeeper
