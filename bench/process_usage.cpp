#include "bench/process_usage.hpp"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/types.h>
#include <unistd.h>
#include <vector>

namespace bridgekeeper::bench {

namespace {

/// Nothing if there is no such process.
std::optional<std::chrono::nanoseconds> cpu_of(std::uint64_t pid) {
  // Unlike the numbers in /proc/PID/stat, which count in ticks of 10 ms.
  clockid_t clock{};
  if (::clock_getcpuclockid(static_cast<pid_t>(pid), &clock) != 0)
    return std::nullopt;
  timespec now{};
  if (::clock_gettime(clock, &now) != 0)
    return std::nullopt;
  return std::chrono::seconds{now.tv_sec}
         + std::chrono::nanoseconds{now.tv_nsec};
}

/// What /proc says of one process.
struct relatives {
  std::uint64_t pid = 0;
  std::uint64_t parent = 0;
  /// Of children that have ended.
  std::chrono::nanoseconds ended{};
};

std::optional<relatives> relatives_of(std::uint64_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::string text;
  if (!std::getline(file, text))
    return std::nullopt;
  // The process's name, in parentheses, may contain spaces.
  std::istringstream rest{text.substr(text.rfind(')') + 1)};
  std::string skipped;
  relatives out{pid};
  rest >> skipped >> out.parent;
  for (int field = 5; field <= 15; ++field)
    rest >> skipped;
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  rest >> user >> system;
  static const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  out.ended =
      std::chrono::nanoseconds{(user + system) * (1'000'000'000 / ticks)};
  return out;
}

std::vector<relatives> all_processes() {
  std::vector<relatives> out;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos)
      continue;
    // A process may end meanwhile.
    if (auto found = relatives_of(std::stoull(name)))
      out.push_back(*found);
  }
  return out;
}

/// All that `pid` has started, and what that has started, without `pid` itself.
std::chrono::nanoseconds cpu_of_children(std::uint64_t pid,
                                         const std::vector<relatives>& all) {
  std::chrono::nanoseconds out{};
  for (const auto& each : all) {
    if (each.pid == pid)
      out += each.ended;
    if (each.parent == pid)
      out += cpu_of(each.pid).value_or(std::chrono::nanoseconds{})
             + cpu_of_children(each.pid, all);
  }
  return out;
}

std::size_t rss_of(std::uint64_t pid) {
  std::ifstream status{"/proc/" + std::to_string(pid) + "/status"};
  std::string word;
  while (status >> word) {
    if (word != "VmRSS:")
      continue;
    std::size_t kibibytes = 0;
    status >> kibibytes;
    return kibibytes * 1024;
  }
  return 0;
}

} // namespace

process_usage usage_of(std::uint64_t pid) {
  if (pid == 0)
    return {};
  auto cpu = cpu_of(pid);
  if (!cpu)
    throw std::runtime_error("the server, process " + std::to_string(pid)
                             + ", is gone");
  return {*cpu + cpu_of_children(pid, all_processes()), rss_of(pid)};
}

std::chrono::nanoseconds own_cpu() {
  return cpu_of(static_cast<std::uint64_t>(::getpid())).value();
}

} // namespace bridgekeeper::bench
