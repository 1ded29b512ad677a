#include "app/processes/process_table.hpp"

#include "app/processes/owned_fd.hpp"

#include <array>
#include <charconv>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>

namespace bridgekeeper::app {

namespace {

struct directory_closer {
  void operator()(DIR* x) const noexcept {
    ::closedir(x);
  }
};

template <class Number>
bool parse(std::string_view text, Number& out) {
  auto end = text.data() + text.size();
  return !text.empty()
         && std::from_chars(text.data(), end, out).ec == std::errc{};
}

/// Takes the first word off `text`.
std::string_view next_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  auto word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

/// Files in /proc tell no size, so they are read until they end.
std::string read_all(int fd) {
  std::string out;
  std::array<char, 4096> buffer{};
  for (;;) {
    auto count = ::read(fd, buffer.data(), buffer.size());
    if (count <= 0)
      return out;
    out.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

std::string read_file_at(int directory, const std::string& name) {
  owned_fd file{::openat(directory, name.c_str(), O_RDONLY | O_CLOEXEC)};
  return file.valid() ? read_all(file.get()) : std::string{};
}

} // namespace

process_table::process_table(std::vector<process_entry> entries)
  : entries_(std::move(entries)) {
  index_.reserve(entries_.size());
  for (std::size_t i = 0; i < entries_.size(); ++i)
    index_.emplace(entries_[i].key.pid, i);
}

process_table process_table::read(const std::string& proc) {
  std::vector<process_entry> out;
  std::unique_ptr<DIR, directory_closer> directory{::opendir(proc.c_str())};
  if (!directory)
    return {};
  auto place = ::dirfd(directory.get());
  while (auto item = ::readdir(directory.get())) {
    std::string name{item->d_name};
    if (name.find_first_not_of("0123456789") != std::string::npos)
      continue;
    if (auto entry = parse_stat(read_file_at(place, name + "/stat")))
      out.push_back(*entry);
  }
  return process_table{std::move(out)};
}

const process_entry* process_table::find(pid_t pid) const noexcept {
  auto i = index_.find(pid);
  return i == index_.end() ? nullptr : &entries_[i->second];
}

std::optional<process_entry> parse_stat(std::string_view text) {
  auto name = text.find(" (");
  auto end = text.rfind(')');
  if (name == std::string_view::npos || end == std::string_view::npos
      || name > end)
    return std::nullopt;
  process_entry out;
  auto rest = text.substr(end + 1);
  auto state = next_word(rest);
  out.zombie = state == "Z" || state == "X";
  if (!parse(text.substr(0, name), out.key.pid)
      || !parse(next_word(rest), out.parent)
      || !parse(next_word(rest), out.group)
      || !parse(next_word(rest), out.session))
    return std::nullopt;
  // The session is field 6, the start time field 22.
  for (auto field = 7; field < 22; ++field)
    next_word(rest);
  if (!parse(next_word(rest), out.key.start))
    return std::nullopt;
  return out;
}

std::optional<process_entry> find_process(pid_t pid, const std::string& proc) {
  return parse_stat(
      read_file_at(AT_FDCWD, proc + '/' + std::to_string(pid) + "/stat"));
}

std::uint64_t ticks_since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  auto per_second = ::sysconf(_SC_CLK_TCK);
  return static_cast<std::uint64_t>(now.tv_sec * per_second
                                    + now.tv_nsec * per_second / 1'000'000'000);
}

std::string initial_variable(pid_t pid, std::string_view name,
                             const std::string& proc) {
  auto place = proc + '/' + std::to_string(pid);
  struct stat owner {};
  // Root could read the environments of all users, but no task of the bridge
  // runs for another user unless it was found in another way.
  if (::stat(place.c_str(), &owner) != 0 || owner.st_uid != ::geteuid())
    return {};
  auto text = read_file_at(AT_FDCWD, place + "/environ");
  std::string_view rest{text};
  while (!rest.empty()) {
    auto entry = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
    if (entry.size() > name.size() && entry.starts_with(name)
        && entry[name.size()] == '=')
      return std::string{entry.substr(name.size() + 1)};
  }
  return {};
}

} // namespace bridgekeeper::app
