#include "app/processes/task_cgroup.hpp"

#include "app/processes/process_table.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <linux/magic.h>
#include <sstream>
#include <sys/vfs.h>
#include <tuple>
#include <utility>

namespace bridgekeeper::app {

namespace {

namespace fs = std::filesystem;

/// Followed by the number of the process that made the group, and a counter.
constexpr std::string_view name_prefix = "bridgekeeper-task.";

/// The path behind `0::`, the line of cgroup v2 in /proc/self/cgroup.
std::string own_path(std::string_view text) {
  constexpr std::string_view marker = "0::/";
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.starts_with(marker))
      return std::string{line.substr(marker.size())};
  }
  return {};
}

/// The groups below `directory`, the deepest first.
std::vector<fs::path> groups_below(const fs::path& directory) {
  std::vector<fs::path> out;
  std::error_code ec;
  fs::recursive_directory_iterator i{directory, ec};
  for (; !ec && i != fs::recursive_directory_iterator{}; i.increment(ec)) {
    std::error_code ignored;
    if (i->is_directory(ignored) && !i->is_symlink(ignored))
      out.push_back(i->path());
  }
  return {out.rbegin(), out.rend()};
}

bool remove_group(const fs::path& directory) {
  for (const auto& x : groups_below(directory))
    std::ignore = ::rmdir(x.c_str());
  return ::rmdir(directory.c_str()) == 0 || errno == ENOENT;
}

} // namespace

task_cgroup::task_cgroup(fs::path directory)
  : directory_(std::move(directory)),
    // A real group has the file already; creating it serves the tests.
    entrance_(::open((directory_ / "cgroup.procs").c_str(),
                     O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) {}

std::vector<pid_t> task_cgroup::members() const {
  std::vector<pid_t> out;
  auto add = [&out](const fs::path& group) {
    std::ifstream file{group / "cgroup.procs"};
    for (pid_t pid = 0; file >> pid;)
      if (pid > 0)
        out.push_back(pid);
  };
  add(directory_);
  for (const auto& x : groups_below(directory_))
    add(x);
  return out;
}

bool task_cgroup::kill() {
  owned_fd file{
      ::open((directory_ / "cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC)};
  return file.valid() && ::write(file.get(), "1", 1) == 1;
}

bool task_cgroup::remove() {
  entrance_.reset();
  return remove_group(directory_);
}

cgroup_maker::cgroup_maker(const fs::path& root, std::string_view own_group)
  : parent_(root / own_path(own_group)) {
  remove_leftovers();
}

cgroup_maker cgroup_maker::of_this_machine() {
  constexpr auto root = "/sys/fs/cgroup";
  struct statfs info {};
  if (::statfs(root, &info) != 0 || info.f_type != CGROUP2_SUPER_MAGIC) {
    cgroup_maker out;
    out.problem_ = std::string{root} + " is not a cgroup v2 hierarchy";
    return out;
  }
  std::ifstream file{"/proc/self/cgroup"};
  std::ostringstream text;
  text << file.rdbuf();
  return {root, text.str()};
}

result<task_cgroup> cgroup_maker::make() {
  if (!problem_.empty())
    return failure{errc::unavailable, problem_};
  auto place = parent_
               / (std::string{name_prefix} + std::to_string(::getpid()) + '.'
                  + std::to_string(++count_));
  std::error_code ec;
  if (!fs::create_directory(place, ec))
    return failure{errc::unavailable,
                   "cannot create " + place.string() + ": " + ec.message()};
  task_cgroup out{place};
  if (out.entrance() < 0) {
    std::string why = std::strerror(errno);
    out.remove();
    return failure{errc::unavailable,
                   "cannot use " + place.string() + ": " + why};
  }
  return out;
}

/// Groups of processes that have ended and could not clean up.
void cgroup_maker::remove_leftovers() const {
  std::error_code ec;
  for (fs::directory_iterator i{parent_, ec}, end; !ec && i != end;
       i.increment(ec)) {
    auto name = i->path().filename().string();
    if (!name.starts_with(name_prefix))
      continue;
    pid_t maker = 0;
    auto digits = name.data() + name_prefix.size();
    std::from_chars(digits, name.data() + name.size(), maker);
    if (maker > 0 && !find_process(maker))
      remove_group(i->path());
  }
}

} // namespace bridgekeeper::app
