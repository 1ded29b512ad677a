#include "store/dispatches/backup.hpp"

#include "store/dispatches/connection.hpp"
#include "store/dispatches/user_name.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sqlite3.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace bridgekeeper::store {

namespace {

constexpr int pages_a_step = 200;

/// Whether creating a file fails with this error until someone changes its
/// directory.
bool is_lasting(int error) noexcept {
  return error == ENOENT || error == ENOTDIR || error == EACCES
         || error == EPERM || error == EROFS || error == ENAMETOOLONG
         || error == ELOOP;
}

std::string partial_name(const std::string& target) {
  auto out = target + ".partial";
  std::error_code ignored;
  std::filesystem::remove(out, ignored);
  auto file = ::open(out.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    std::system_error problem{errno, std::generic_category(),
                              "cannot create the backup " + target};
    if (!is_lasting(problem.code().value()))
      throw problem;
    // With a running daemon, that is not the user who asks for the backup.
    throw unusable_target{problem.what()
                          + (". Name a file in a directory that the user "
                             + name_of(::geteuid()) + " can write to.")};
  }
  ::close(file);
  return out;
}

void sync(const std::string& path) {
  auto file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  auto ok = file >= 0 && ::fsync(file) == 0;
  auto error = errno;
  if (file >= 0)
    ::close(file);
  if (!ok)
    throw std::system_error{error, std::generic_category(),
                            "cannot write the backup " + path};
}

} // namespace

running_backup::running_backup(SQLite::Database& db, std::string target)
  : target_(std::move(target)), partial_(partial_name(target_)) {
  copy_.emplace(partial_, SQLITE_OPEN_READWRITE);
  // The copy is synchronized once, when it is complete.
  set_pragma(*copy_, "synchronous = OFF");
  work_.emplace(*copy_, db);
}

running_backup::~running_backup() {
  work_.reset();
  copy_.reset();
  std::error_code ignored;
  std::filesystem::remove(partial_, ignored);
}

bool running_backup::step() {
  if (work_->executeStep(pages_a_step) != SQLITE_DONE)
    return false;
  finish();
  return true;
}

void running_backup::finish() {
  work_.reset();
  // The copy says that it is in WAL mode. Without that, a single file is
  // complete, and a program that may not write beside it can read it.
  set_pragma(*copy_, "journal_mode = DELETE");
  copy_.reset();
  sync(partial_);
  std::filesystem::rename(partial_, target_);
  auto directory = std::filesystem::absolute(target_).parent_path();
  sync(directory.string());
}

void refuse_existing(const std::string& target) {
  std::error_code ignored;
  // A link that leads nowhere counts, too.
  auto what = std::filesystem::symlink_status(target, ignored);
  if (std::filesystem::exists(what))
    throw unusable_target{
        "The file " + target
        + " exists, and a backup overwrites nothing. Remove it, or name "
          "another file."};
}

void back_up(SQLite::Database& db, const std::string& target) {
  running_backup work{db, target};
  while (!work.step())
    ;
}

} // namespace bridgekeeper::store
