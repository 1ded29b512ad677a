#include "app/daemon/data_dir.hpp"

#include "app/files/text_file.hpp"
#include "app/tokens/token_secret.hpp"
#include "domain/access/token_table.hpp"
#include "net/secret_text.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace bridgekeeper::app {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const std::string& what, const fs::path& path,
                       const std::string& next) {
  throw std::runtime_error("Cannot " + what + " " + path.string() + ": "
                           + std::strerror(errno) + ". " + next);
}

/// The directory and those above it that do not exist.
std::vector<fs::path> missing_directories(const fs::path& path) {
  std::error_code error;
  std::vector<fs::path> out;
  auto x = fs::absolute(path, error);
  for (; x.has_relative_path() && !fs::exists(x, error); x = x.parent_path())
    out.push_back(x);
  return out;
}

} // namespace

data_dir::data_dir(fs::path path) : path_(std::move(path)) {
  std::error_code error;
  auto missing = missing_directories(path_);
  // Only a new directory gets this mode. The owner chose the mode of an
  // existing one.
  if (fs::create_directories(path_, error))
    fs::permissions(path_, fs::perms::owner_all, error);
  if (error) {
    errno = error.value();
    fail("create the data directory", path_,
         "Choose another with --data-dir DIR.");
  }
  // A power failure that removed a new directory would remove the store, too.
  for (const auto& x : missing)
    sync_parent(x);
  // O_NOFOLLOW: a link that another user put there must not be followed.
  auto lock_path = path_ / "lock";
  lock_ =
      open(lock_path.c_str(), O_CREAT | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (lock_ < 0)
    fail("open", lock_path,
         "Make the file writable for this user, or choose another data "
         "directory with --data-dir DIR.");
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    close(lock_);
    throw std::runtime_error(
        "Another bridgekeeper is running with the data directory "
        + path_.string()
        + ". Stop it, or choose another directory with --data-dir DIR.");
  }
}

data_dir::~data_dir() {
  if (lock_ >= 0)
    close(lock_);
}

data_dir::made_token data_dir::token() {
  auto path = path_ / "token";
  if (auto found = read_private_file(path)) {
    if (auto tokens = parse_token_file(*found); !tokens.empty())
      return {std::move(tokens.front()), false};
  } else if (errno != ENOENT) {
    // A new token in place of this one would lock out all clients that have it.
    fail("use", path,
         "It must be a regular file that belongs to this user and that others "
         "cannot write; remove it to have the daemon create another token.");
  }
  auto text = make_token_secret();
  write_private("token", text + "\n");
  return {text, true};
}

void data_dir::remove_token(const std::string& text) noexcept {
  auto path = path_ / "token";
  auto found = read_private_file(path);
  if (!found)
    return;
  std::error_code ignored;
  if (*found == text + "\n")
    fs::remove(path, ignored);
  net::wipe(*found);
}

void data_dir::write_daemon_file(const std::vector<std::string>& listen,
                                 const std::string& console,
                                 const fs::path& certificate) {
  nlohmann::json out;
  out["pid"] = getpid();
  out["listen"] = listen;
  out["console"] = console.empty() ? nlohmann::json{} : nlohmann::json(console);
  if (!certificate.empty())
    out["certificate"] = fs::absolute(certificate).string();
  write_private("daemon.json", out.dump() + "\n");
}

void data_dir::remove_daemon_file() noexcept {
  std::error_code ignored;
  fs::remove(path_ / "daemon.json", ignored);
}

void data_dir::write_private(const std::string& name, const std::string& text) {
  auto path = path_ / name;
  if (!replace_file(path, text, file_readers::owner))
    fail("write", path, "Is the disk full, or the directory read-only?");
}

} // namespace bridgekeeper::app
