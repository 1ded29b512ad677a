#include "bench/process_usage.hpp"

#include <ctime>
#include <fstream>
#include <stdexcept>
#include <string>
#include <sys/types.h>

namespace bridgekeeper::bench {

namespace {

std::chrono::nanoseconds read_clock(clockid_t clock) {
  timespec now{};
  if (::clock_gettime(clock, &now) != 0)
    throw std::runtime_error("cannot read a CPU clock");
  return std::chrono::seconds{now.tv_sec}
         + std::chrono::nanoseconds{now.tv_nsec};
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
  // Unlike the numbers in /proc/PID/stat, which count in ticks of 10 ms.
  clockid_t clock{};
  if (::clock_getcpuclockid(static_cast<pid_t>(pid), &clock) != 0)
    throw std::runtime_error("the server, process " + std::to_string(pid)
                             + ", is gone");
  return {read_clock(clock), rss_of(pid)};
}

std::chrono::nanoseconds own_cpu() {
  return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

} // namespace bridgekeeper::bench
