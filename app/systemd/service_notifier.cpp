#include "app/systemd/service_notifier.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <ctime>

namespace bridgekeeper::app {

namespace {

/// How long a message may wait for the manager to read.
constexpr std::chrono::milliseconds manager_timeout{200};

constexpr std::array service_variables{"CREDENTIALS_DIRECTORY",
                                       "FDSTORE",
                                       "JOURNAL_STREAM",
                                       "LISTEN_FDNAMES",
                                       "LISTEN_FDS",
                                       "LISTEN_PID",
                                       "MAINPID",
                                       "MANAGERPID",
                                       "MEMORY_PRESSURE_WATCH",
                                       "MEMORY_PRESSURE_WRITE",
                                       "NOTIFY_SOCKET",
                                       "SYSTEMD_EXEC_PID",
                                       "WATCHDOG_PID",
                                       "WATCHDOG_USEC"};

std::string_view value_of(const environment_map& variables,
                          std::string_view name) {
  auto found = variables.find(name);
  return found != variables.end() ? std::string_view{found->second}
                                  : std::string_view{};
}

/// Nothing unless the whole text is a number above 0.
std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t out = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size() || out <= 0)
    return std::nullopt;
  return out;
}

std::int64_t monotonic_us() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

} // namespace

service_notifier::service_notifier(const environment_map& variables,
                                   long process)
  : socket_(value_of(variables, "NOTIFY_SOCKET"), manager_timeout) {
  if (!is_on())
    return;
  auto allowed = number_of(value_of(variables, "WATCHDOG_USEC"));
  auto watched = value_of(variables, "WATCHDOG_PID");
  // The variables may have been inherited from another service.
  if (allowed && (watched.empty() || number_of(watched) == process))
    watchdog_interval_ = std::chrono::microseconds{*allowed / 2};
}

void service_notifier::tell_ready() {
  send("READY=1");
}

void service_notifier::tell_reloading() {
  // systemd compares this time with that of its own request.
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_us()));
}

void service_notifier::tell_stopping(std::chrono::milliseconds limit) {
  send("STOPPING=1");
  ask_for_time(limit);
}

void service_notifier::tell_alive() {
  send("WATCHDOG=1");
}

void service_notifier::ask_for_time(std::chrono::milliseconds x) {
  send(fmt::format("EXTEND_TIMEOUT_USEC={}",
                   std::chrono::microseconds{x}.count()));
}

bool service_notifier::tell_status(const std::string& text, time_point now) {
  if (!is_on() || text == last_status_)
    return true;
  if (next_status_ && now < *next_status_)
    return false;
  last_status_ = text;
  next_status_ = now + status_interval;
  send("STATUS=" + text);
  return true;
}

void service_notifier::send(std::string_view text) const {
  if (is_on())
    std::ignore = socket_.send(text);
}

void forget_service_variables() {
  for (const auto* name : service_variables)
    ::unsetenv(name);
}

bool is_service_variable(std::string_view name) noexcept {
  return std::find(service_variables.begin(), service_variables.end(), name)
         != service_variables.end();
}

} // namespace bridgekeeper::app
