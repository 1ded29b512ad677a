#include "app/daemon/data_dir.hpp"

#include "app/tokens/token_secret.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <stdexcept>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace bridgekeeper::app {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const std::string& what, const fs::path& path,
                       const std::string& next) {
  throw std::runtime_error("Cannot " + what + " " + path.string() + ": "
                           + std::strerror(errno) + ". " + next);
}

} // namespace

data_dir::data_dir(fs::path path) : path_(std::move(path)) {
  std::error_code error;
  // One that was there already has the mode its owner wanted.
  if (fs::create_directories(path_, error))
    fs::permissions(path_, fs::perms::owner_all, error);
  if (error) {
    errno = error.value();
    fail("create the data directory", path_,
         "Choose another with --data-dir DIR.");
  }
  auto lock_path = path_ / "lock";
  lock_ = open(lock_path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (lock_ < 0)
    fail("open", lock_path,
         "Let this user write it, or choose another data directory with "
         "--data-dir DIR.");
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    close(lock_);
    throw std::runtime_error(
        "Another bridgekeeper runs with the data directory " + path_.string()
        + ". Stop it, or choose another with --data-dir DIR.");
  }
}

data_dir::~data_dir() {
  if (lock_ >= 0)
    close(lock_);
}

data_dir::made_token data_dir::token() {
  auto path = path_ / "token";
  std::ifstream in{path};
  if (std::string text; in && std::getline(in, text) && !text.empty())
    return {text, false};
  auto text = make_token_secret();
  write_private("token", text + "\n");
  return {text, true};
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

/// Whole or not at all: written beside and renamed.
void data_dir::write_private(const std::string& name, const std::string& text) {
  auto path = path_ / name;
  auto beside = path_ / (name + ".new");
  auto file =
      open(beside.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0)
    fail("write", path, "Is the disk full, or the directory read-only?");
  auto written = write(file, text.data(), text.size());
  auto closed = close(file);
  if (written != static_cast<ssize_t>(text.size()) || closed != 0
      || rename(beside.c_str(), path.c_str()) != 0)
    fail("write", path, "Is the disk full, or the directory read-only?");
}

} // namespace bridgekeeper::app
