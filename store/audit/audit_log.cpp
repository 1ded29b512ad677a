#include "store/audit/audit_log.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <numeric>
#include <stdexcept>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace bridgekeeper::store {

namespace {

constexpr mode_t owner_only = 0600;

[[noreturn]] void throw_errno(int error) {
  throw std::system_error{error, std::generic_category()};
}

std::string backup_name(const std::string& path, std::size_t number) {
  return path + "." + std::to_string(number);
}

/// A missing `from` is not an error.
void move_file(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT)
    throw_errno(errno);
}

} // namespace

void audit_log::batch::add(const audit_entry& x) {
  auto line = render(x, hash);
  text.append(line.text).append("\n");
  hash = std::move(line.hash);
}

// -- opening ------------------------------------------------------------------

audit_log::audit_log(audit_log_options options, notifier tell)
  : options_(std::move(options)), tell_(std::move(tell)) {
  try {
    auto directory = std::filesystem::path{options_.path}.parent_path();
    if (!directory.empty())
      std::filesystem::create_directories(directory);
    open_file();
    tail_ = read_tail_of(options_.path);
    // The daemon may have ended between a rotation and the first line after it.
    if (size_ == 0)
      tail_.prev = read_tail_of(backup_name(options_.path, 1)).prev;
  } catch (const std::system_error& problem) {
    close_file();
    auto taken = problem.code() == std::errc::operation_would_block;
    throw std::runtime_error("Cannot write the audit log " + options_.path
                             + ": "
                             + (taken ? "another process is writing to it"
                                      : problem.code().message())
                             + ". Choose another with --audit-log PATH.");
  }
}

audit_log::~audit_log() {
  close_file();
}

void audit_log::open_file() {
  file_ = ::open(options_.path.c_str(),
                 O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, owner_only);
  if (file_ < 0)
    throw_errno(errno);
  // Lock the file, because two writers would write two chains into it.
  struct stat info {};
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0 || ::fstat(file_, &info) != 0) {
    auto error = errno;
    close_file();
    throw_errno(error);
  }
  size_ = static_cast<std::uint64_t>(info.st_size);
}

void audit_log::close_file() noexcept {
  if (file_ >= 0)
    ::close(file_);
  file_ = -1;
}

bool audit_log::is_in_place() {
  struct stat ours {};
  struct stat named {};
  if (file_ < 0 || ::fstat(file_, &ours) != 0
      || ::stat(options_.path.c_str(), &named) != 0)
    return false;
  size_ = static_cast<std::uint64_t>(ours.st_size);
  return ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

// -- writing ------------------------------------------------------------------

void audit_log::append(const audit_entry& x) {
  auto lines = begin_batch(x.when);
  lines.add(x);
  if (!commit(lines))
    count_missing(1, "write_failed");
}

void audit_log::settle(timestamp now) {
  if (missing() > 0)
    std::ignore = commit(begin_batch(now));
}

void audit_log::count_missing(std::uint64_t entries,
                              const std::string& reason) {
  missing_[reason] += entries;
}

std::uint64_t audit_log::missing() const noexcept {
  return std::accumulate(
      missing_.begin(), missing_.end(), std::uint64_t{0},
      [](std::uint64_t sum, const auto& x) { return sum + x.second; });
}

audit_log::batch audit_log::begin_batch(timestamp now) const {
  batch out{tail_.unended ? "\n" : "", tail_.prev};
  if (tail_.torn_bytes > 0)
    out.add(resumption_entry(now, tail_.torn_bytes, tail_.torn_hash));
  for (const auto& [reason, count] : missing_)
    out.add(gap_entry(now, count, reason));
  return out;
}

bool audit_log::commit(const batch& x) {
  if (!has_room_for(x.text.size()))
    rotate();
  try {
    // The file may have been moved away, as logrotate does.
    if (!is_in_place()) {
      close_file();
      open_file();
    }
  } catch (const std::system_error& problem) {
    report_trouble(problem.code().message());
    return false;
  }
  if (!write_all(x.text))
    return false;
  if (std::exchange(in_trouble_, false))
    tell_("the audit log " + options_.path + " can be written again; "
          + std::to_string(missing()) + " entries are missing from it");
  missing_.clear();
  tail_ = {};
  tail_.prev = x.hash;
  return true;
}

bool audit_log::write_all(std::string_view text) {
  std::size_t done = 0;
  while (done < text.size()) {
    auto n = ::write(file_, text.data() + done, text.size() - done);
    if (n >= 0) {
      done += static_cast<std::size_t>(n);
    } else if (errno != EINTR) {
      report_trouble(std::generic_category().message(errno));
      take_back(done);
      return false;
    }
  }
  size_ += done;
  return true;
}

void audit_log::take_back(std::size_t bytes) {
  if (bytes == 0 || ::ftruncate(file_, static_cast<off_t>(size_)) == 0)
    return;
  // If part of a line cannot be removed, record it as after a crash.
  try {
    tail_ = read_tail_of(options_.path);
  } catch (const std::system_error& problem) {
    tell_("the audit log " + options_.path
          + " cannot be read: " + problem.code().message());
  }
}

void audit_log::report_trouble(const std::string& what) {
  if (!std::exchange(in_trouble_, true))
    tell_("the audit log " + options_.path + " cannot be written: " + what
          + "; entries are lost until it can be");
}

// -- rotating -----------------------------------------------------------------

bool audit_log::has_room_for(std::size_t bytes) const noexcept {
  // A line cut short by a crash must stay in the same file as the entry that
  // records it.
  return options_.max_bytes == 0 || options_.backup_count == 0 || size_ == 0
         || tail_.unended || size_ + bytes <= options_.max_bytes;
}

void audit_log::rotate() {
  try {
    for (auto i = options_.backup_count; i > 1; --i)
      move_file(backup_name(options_.path, i - 1),
                backup_name(options_.path, i));
    move_file(options_.path, backup_name(options_.path, 1));
    close_file();
    cannot_rotate_ = false;
  } catch (const std::system_error& problem) {
    // A file that is too large is better than a lost line.
    if (!std::exchange(cannot_rotate_, true))
      tell_("the audit log " + options_.path + " cannot be rotated: "
            + problem.code().message() + "; it grows until it can be");
  }
}

} // namespace bridgekeeper::store
