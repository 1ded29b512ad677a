#include "app/daemon/config_reload.hpp"
#include "app/daemon/descriptor_limit.hpp"
#include "app/daemon/running_daemon.hpp"
#include "app/log/logging.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <csignal>
#include <stdexcept>

namespace bridgekeeper::app {

using actors::thread_context;

namespace {

constexpr auto watch_interval = std::chrono::milliseconds{500};

} // namespace

void running_daemon::watch() {
  for (;;) {
    auto signal = signals_.wait(watch_interval);
    if (signal == SIGTERM || signal == SIGINT)
      return;
    if (signal == SIGHUP)
      reload();
    tokens_.review();
    if (tls_.is_on() && tls_.changed())
      renew_tls();
  }
}

void running_daemon::reload() {
  try {
    auto change = read_again(sources_, values_);
    if (change && !change->applied.empty())
      apply(*change);
  } catch (const std::runtime_error& error) {
    spdlog::error("the configuration could not be applied: {}", error.what());
  }
  tokens_.reload();
  if (tls_.is_on())
    renew_tls();
}

void running_daemon::renew_tls() {
  try {
    auto renewed = tls_.load();
    threads_.call_on<void>(
        0, [&](thread_context&) { listener_->renew_tls(renewed); });
  } catch (const std::runtime_error& error) {
    spdlog::error("{} Until then the certificate that was read before stands.",
                  error.what());
  }
}

void running_daemon::apply(const config_change& change) {
  // First what may fail.
  if (change.touches("auth"))
    tokens_.change_source(change.values);
  if (change.touches("tls"))
    tls_.change(find_pair(change.values, dir_));
  values_ = change.values;
  if (change.touches("log"))
    set_log_level(values_.log.level);
  if (change.touches("server"))
    make_room_for(values_.server.max_connections);
  throttle_->change_rule(make_throttle_rule(values_));
  admissions_->change_limits(make_admission_limits(values_));
  threads_.call_on<void>(0, [this](thread_context&) {
    listener_->change_options(make_listener_options(values_));
  });
  threads_.on_every_one(
      [agent = make_agent_options(values_),
       control = make_control_options(values_, self_)](thread_context& x) {
        x.agent = agent;
        x.control = control;
      });
  tell_where();
  tokens_.tell_fresh_token();
}

} // namespace bridgekeeper::app
