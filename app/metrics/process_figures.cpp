#include "app/metrics/process_figures.hpp"

#include <ctime>
#include <dirent.h>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace bridgekeeper::metrics {

namespace {

std::string text_of_file(const char* path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// When the machine was started, in Unix time. Services may not be allowed to
/// read /proc/stat.
double read_boot_time() {
  auto seconds = [](clockid_t which) {
    timespec x{};
    ::clock_gettime(which, &x);
    return static_cast<double>(x.tv_sec) + static_cast<double>(x.tv_nsec) / 1e9;
  };
  return seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME);
}

std::size_t count_open_descriptors() {
  constexpr auto path = "/proc/self/fd";
  // Since Linux 6.2, the size is their number.
  struct stat found {};
  if (::stat(path, &found) == 0 && found.st_size > 0)
    return static_cast<std::size_t>(found.st_size);
  auto close = [](DIR* x) { ::closedir(x); };
  std::unique_ptr<DIR, decltype(close)> dir{::opendir(path), close};
  if (!dir)
    return 0;
  std::size_t out = 0;
  while (const auto* entry = ::readdir(dir.get()))
    out += entry->d_name[0] != '.' ? 1 : 0;
  // Without that of `dir`.
  return out > 0 ? out - 1 : 0;
}

} // namespace

std::optional<process_figures> parse_process_stat(std::string_view text,
                                                  double boot_seconds) {
  // The name of the program is in parentheses and may contain anything.
  auto end = text.rfind(')');
  if (end == std::string_view::npos)
    return std::nullopt;
  std::istringstream in{std::string{text.substr(end + 1)}};
  std::vector<std::string> fields{std::istream_iterator<std::string>{in}, {}};
  // The first of them is field 3.
  constexpr std::size_t first = 3;
  constexpr std::size_t last = 24;
  if (fields.size() <= last - first)
    return std::nullopt;
  auto field = [&](std::size_t number) {
    return std::stod(fields[number - first]);
  };
  try {
    auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
    process_figures out;
    out.cpu_seconds = (field(14) + field(15)) / ticks;
    out.threads = static_cast<std::size_t>(field(20));
    out.start_seconds = boot_seconds + field(22) / ticks;
    out.virtual_bytes = static_cast<std::uint64_t>(field(23));
    out.resident_bytes = static_cast<std::uint64_t>(field(24) * page);
    return out;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

process_figures read_process_figures() {
  static const auto booted = read_boot_time();
  auto out = parse_process_stat(text_of_file("/proc/self/stat"), booted)
                 .value_or(process_figures{});
  out.open_descriptors = count_open_descriptors();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    out.max_descriptors = limit.rlim_cur;
  return out;
}

} // namespace bridgekeeper::metrics
