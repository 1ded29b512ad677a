#include "app/files/text_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace bridgekeeper::app {

namespace fs = std::filesystem;

namespace {

/// Keeps the owner and the group's read permission, so that the daemon can
/// still read a file after root has replaced it.
void keep_readers(int file, const fs::path& path) {
  struct stat info {};
  auto is_new = stat(path.c_str(), &info) != 0;
  if (is_new && stat(path.parent_path().c_str(), &info) != 0)
    return;
  // Only root can change the owner. For other users this call fails, which is
  // fine, because they own the file anyway.
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

std::optional<std::string> read_and_close(int file) {
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

} // namespace

std::optional<std::string> read_text_file(const fs::path& path) {
  auto file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  return file < 0 ? std::nullopt : read_and_close(file);
}

std::optional<std::string> read_private_file(const fs::path& path) {
  // Without O_NONBLOCK, opening a named pipe that another user created there
  // would block.
  auto file =
      open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0)
    return std::nullopt;
  struct stat info {};
  auto is_ours = fstat(file, &info) == 0 && S_ISREG(info.st_mode)
                 && (info.st_uid == geteuid() || info.st_uid == 0)
                 && (info.st_mode & S_IWOTH) == 0;
  if (is_ours)
    return read_and_close(file);
  close(file);
  errno = EPERM;
  return std::nullopt;
}

bool replace_file(const fs::path& path, std::string_view text,
                  file_readers readers) {
  auto beside = path;
  beside += ".new";
  // The file may remain from a crash, or another user may have created it.
  unlink(beside.c_str());
  auto file = open(beside.c_str(),
                   O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0)
    return false;
  if (readers == file_readers::as_before)
    keep_readers(file, path);
  auto written = write_all(file, text);
  auto why = errno;
  if (close(file) != 0 && written) {
    written = false;
    why = errno;
  }
  if (written && rename(beside.c_str(), path.c_str()) == 0) {
    // The file is already in place, so an error would not be one of it.
    sync_parent(path);
    return true;
  }
  if (written)
    why = errno;
  unlink(beside.c_str());
  errno = why;
  return false;
}

void sync_parent(const fs::path& path) noexcept {
  auto parent = path.parent_path();
  auto directory = open(parent.empty() ? "." : parent.c_str(),
                        O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0)
    return;
  std::ignore = fsync(directory);
  close(directory);
}

} // namespace bridgekeeper::app
