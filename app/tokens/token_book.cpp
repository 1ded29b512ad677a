#include "app/tokens/token_book.hpp"

#include "app/tokens/token_mask.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <stdexcept>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace bridgekeeper::app {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view heading =
    "# Tokens that bridgekeeper accepts: hash, label, scopes, expires=TIME.\n"
    "# `bridgekeeper token new` adds a line; a line removed is a token "
    "revoked.\n";

[[noreturn]] void fail(const std::string& what, const fs::path& path,
                       const std::string& next) {
  throw std::runtime_error("cannot " + what + " " + path.string() + ": "
                           + std::strerror(errno) + ". " + next);
}

/// Nothing, and `errno` set, where there is no text to be had.
std::optional<std::string> read_text(const fs::path& path) {
  auto file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return std::nullopt;
  std::string out;
  std::array<char, 4096> piece{};
  ssize_t count = 0;
  do {
    count = read(file, piece.data(), piece.size());
    if (count > 0)
      out.append(piece.data(), static_cast<std::size_t>(count));
  } while (count > 0 || (count < 0 && errno == EINTR));
  auto why = errno;
  close(file);
  errno = why;
  return count == 0 ? std::optional{std::move(out)} : std::nullopt;
}

/// Replaces the file behind a link, not the link.
fs::path resolved(const fs::path& path) {
  std::error_code error;
  auto out = fs::weakly_canonical(fs::absolute(path), error);
  return error ? path : out;
}

/// The daemon has to be able to read what root writes for it: the file keeps
/// its owner, and its group may go on reading; a new one goes to the owner of
/// the directory.
void keep_readers(int file, const fs::path& path) {
  struct stat info {};
  auto is_new = stat(path.c_str(), &info) != 0;
  if (is_new && stat(path.parent_path().c_str(), &info) != 0)
    return;
  // Only root can; who else writes here owns the file anyway.
  std::ignore = fchown(file, info.st_uid, info.st_gid) == 0;
  if (!is_new && (info.st_mode & S_IRGRP) != 0)
    std::ignore = fchmod(file, 0640) == 0;
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    auto written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return fsync(file) == 0;
}

} // namespace

fs::path scoped_token_path(const config& x) {
  if (x.auth.scoped_token_file)
    return *x.auth.scoped_token_file;
  return fs::path{x.server.data_dir} / "tokens";
}

missing_tokens meaning_of_missing(const config& x) {
  return x.auth.scoped_token_file ? missing_tokens::unknown
                                  : missing_tokens::none;
}

actors::scoped_tokens read_scoped_tokens(const fs::path& path,
                                         missing_tokens missing) {
  if (auto text = read_text(path))
    return actors::parse_scoped_tokens(*text, path.string());
  auto why = errno;
  if (why == ENOENT && missing == missing_tokens::none)
    return {};
  auto next = why == ENOENT
                  ? "put it there, empty for no tokens, or name another with "
                    "auth.scoped_token_file"
                  : "let the daemon's user read it";
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
         "Make it, or name another file with --file FILE or another data "
         "directory with --data-dir DIR.");
  if (flock(lock_, LOCK_EX) != 0) {
    close(lock_);
    fail("lock the directory", directory, "Try again.");
  }
  if (auto text = read_text(path_)) {
    text_ = std::move(*text);
  } else if (errno != ENOENT) {
    close(lock_);
    fail("read", path_, "Try again as its owner.");
  }
  tokens_ = actors::parse_scoped_tokens(text_, path_.string());
}

token_book::~token_book() {
  close(lock_);
}

bool token_book::has(std::string_view label) const {
  return std::any_of(tokens_.grants.begin(), tokens_.grants.end(),
                     [&](const auto& x) { return x.label == label; });
}

void token_book::add(const actors::token_grant& x) {
  auto text = text_.empty() ? std::string{heading} : text_;
  if (!text.ends_with('\n'))
    text += '\n';
  write(text + actors::to_token_line(x) + "\n");
}

bool token_book::remove(std::string_view label) {
  std::string kept;
  auto found = false;
  std::string_view rest = text_;
  while (!rest.empty()) {
    auto end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    auto line = rest.substr(0, end);
    rest.remove_prefix(end);
    auto grant = actors::parse_token_line(
        line.substr(0, line.find_last_not_of('\n') + 1));
    if (grant && *grant && (*grant)->label == label)
      found = true;
    else
      kept += line;
  }
  if (found)
    write(kept);
  return found;
}

/// Whole or not at all: written beside and renamed.
void token_book::write(const std::string& text) {
  constexpr auto next = "Is the disk full, or the directory read-only?";
  auto beside = path_;
  beside += ".new";
  // One that a crash left behind may belong to anybody.
  unlink(beside.c_str());
  auto file = open(beside.c_str(),
                   O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0)
    fail("write", beside, next);
  keep_readers(file, path_);
  auto written = write_all(file, text);
  auto closed = close(file) == 0;
  if (!written || !closed || rename(beside.c_str(), path_.c_str()) != 0) {
    auto why = errno;
    unlink(beside.c_str());
    errno = why;
    fail("write", path_, next);
  }
  text_ = text;
  tokens_ = actors::parse_scoped_tokens(text_, path_.string());
}

} // namespace bridgekeeper::app
