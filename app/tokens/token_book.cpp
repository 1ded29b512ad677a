#include "app/tokens/token_book.hpp"

#include "app/files/installation.hpp"
#include "app/files/text_file.hpp"
#include "app/tokens/token_mask.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace bridgekeeper::app {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view heading =
    "# Tokens that bridgekeeper accepts: hash, label, scopes, expires=TIME.\n"
    "# `bridgekeeper token new` adds a line; removing a line revokes the "
    "token.\n";

[[noreturn]] void fail(const std::string& what, const fs::path& path,
                       const std::string& next) {
  throw std::runtime_error("cannot " + what + " " + path.string() + ": "
                           + std::strerror(errno) + ". " + next);
}

/// On a machine with the package, the file that its daemon uses.
std::string daemon_config() {
  const installation here;
  return here.has_service() ? here.config_file() : "FILE";
}

/// Resolves links, so that the file itself is replaced and not a link to it.
fs::path resolved(const fs::path& path) {
  std::error_code error;
  auto out = fs::weakly_canonical(fs::absolute(path), error);
  return error ? path : out;
}

} // namespace

scoped_tokens read_scoped_tokens(const fs::path& path, missing_tokens missing) {
  if (auto text = read_text_file(path))
    return parse_scoped_tokens(*text, path.string());
  auto why = errno;
  if (why == ENOENT && missing == missing_tokens::none)
    return {};
  auto next = why == ENOENT ? "create it, empty for no tokens, or name another "
                              "file with auth.scoped_token_file"
                            : "make it readable for the daemon's user";
  return {{},
          {mask_tokens(path.string())
           + ": cannot be read: " + std::strerror(why) + "; " + next}};
}

token_book::token_book(const fs::path& path) : path_(resolved(path)) {
  // The directory is locked, not the file, because the file is replaced.
  auto directory = path_.parent_path();
  lock_ = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ < 0)
    fail("open the directory", directory,
         "Name the daemon's configuration with --config " + daemon_config()
             + ", its data directory with --data-dir DIR, or the file with "
               "--file FILE.");
  if (flock(lock_, LOCK_EX) != 0) {
    close(lock_);
    fail("lock the directory", directory, "Try again.");
  }
  if (auto text = read_text_file(path_)) {
    text_ = std::move(*text);
  } else if (errno != ENOENT) {
    close(lock_);
    fail("read", path_, "Run the command as the file's owner.");
  }
  tokens_ = parse_scoped_tokens(text_, path_.string());
}

token_book::~token_book() {
  close(lock_);
}

bool token_book::has(std::string_view label) const {
  return std::any_of(tokens_.grants.begin(), tokens_.grants.end(),
                     [&](const auto& x) { return x.label == label; });
}

void token_book::add(const token_grant& x) {
  // An edited file may lack the line feed at its end.
  auto text = text_.empty() ? std::string{heading} : text_;
  if (!text.ends_with('\n'))
    text += '\n';
  write(text + to_token_line(x) + "\n");
}

bool token_book::remove(std::string_view label) {
  std::string kept;
  auto found = false;
  std::string_view rest = text_;
  while (!rest.empty()) {
    auto end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    auto line = rest.substr(0, end);
    rest.remove_prefix(end);
    auto grant =
        parse_token_line(line.substr(0, line.find_last_not_of('\n') + 1));
    if (grant && *grant && (*grant)->label == label)
      found = true;
    else
      kept += line;
  }
  if (found)
    write(kept);
  return found;
}

void token_book::write(const std::string& text) {
  if (!replace_file(path_, text, file_readers::as_before))
    fail("write", path_, "Is the disk full, or the directory read-only?");
  text_ = text;
  tokens_ = parse_scoped_tokens(text_, path_.string());
}

} // namespace bridgekeeper::app
