#include "app/daemon/token_source.hpp"

#include "app/config/scoped_token_path.hpp"
#include "app/files/file_stamp.hpp"
#include "app/files/text_file.hpp"
#include "app/tokens/token_mask.hpp"
#include "net/secret_text.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

namespace bridgekeeper::app {

token_source::token_source(const config& values,
                           std::optional<std::string> made)
  : scoped_path_(scoped_token_path(values)),
    missing_(meaning_of_missing(values)) {
  hold(values, std::move(made));
}

token_source::outcome token_source::load() {
  outcome out;
  load_scoped(out);
  load_plain(out);
  auto grants = configured_;
  grants.insert(grants.end(), plain_.begin(), plain_.end());
  grants.insert(grants.end(), scoped_.begin(), scoped_.end());
  out.table =
      std::make_shared<const token_table>(token_table::of(std::move(grants)));
  return out;
}

void token_source::load_scoped(outcome& out) {
  // From now on, a missing file is an error.
  if (stamp_of(scoped_path_.string()))
    missing_ = missing_tokens::unknown;
  scoped_file_.begin();
  auto file = read_scoped_tokens(scoped_path_, missing_);
  out.errors = std::move(file.errors);
  if (!out.errors.empty())
    return;
  scoped_ = std::move(file.grants);
  scoped_file_.succeed();
}

void token_source::load_plain(outcome& out) {
  plain_file_.begin();
  if (plain_path_.empty()) {
    plain_.clear();
    return plain_file_.succeed();
  }
  auto text = read_text_file(plain_path_);
  if (!text) {
    out.unread = "cannot read the token file " + mask_tokens(plain_path_) + ": "
                 + std::strerror(errno);
    return;
  }
  plain_.clear();
  for (auto& token : parse_token_file(*text)) {
    add_plain_grant(plain_, token);
    net::wipe(token);
  }
  net::wipe(*text);
  plain_file_.succeed();
}

void token_source::change(const config& values,
                          std::optional<std::string> made) {
  auto path = scoped_token_path(values);
  if (path != scoped_path_ || values.auth.scoped_token_file)
    missing_ = meaning_of_missing(values);
  scoped_path_ = std::move(path);
  hold(values, std::move(made));
}

void token_source::hold(const config& values, std::optional<std::string> made) {
  configured_.clear();
  for (const auto& token : values.auth.tokens)
    add_plain_grant(configured_, token);
  if (made) {
    add_plain_grant(configured_, *made);
    net::wipe(*made);
  }
  auto plain_path = values.auth.token_file.value_or(std::string{});
  // Tokens are kept while their file cannot be read, but only those of the same
  // file.
  if (plain_path != plain_path_)
    plain_.clear();
  plain_path_ = std::move(plain_path);
  scoped_file_.change_paths({scoped_path_.string()});
  plain_file_.change_paths({plain_path_});
}

bool token_source::changed() {
  // Both must be called, because each call remembers the state of the file.
  auto scoped = scoped_file_.is_due();
  auto plain = plain_file_.is_due();
  return scoped || plain;
}

} // namespace bridgekeeper::app
