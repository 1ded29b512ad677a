#include "app/daemon/config_reload.hpp"
#include "app/daemon/descriptor_limit.hpp"
#include "app/daemon/free_memory.hpp"
#include "app/daemon/running_daemon.hpp"
#include "app/log/logging.hpp"
#include "domain/timestamp.hpp"
#include "log/log_line.hpp"
#include "net/error_boundary.hpp"

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <utility>

namespace bridgekeeper::app {

using api::thread_context;

namespace {

constexpr auto watch_interval = std::chrono::milliseconds{500};

constexpr auto memory_interval = std::chrono::seconds{5};

} // namespace

void running_daemon::watch() {
  auto memory_due = std::chrono::steady_clock::now() + memory_interval;
  for (;;) {
    auto signal = signals_.wait(service_.longest_pause(watch_interval));
    if (signal == SIGTERM || signal == SIGINT)
      return;
    // An exception in one round must not end the daemon.
    net::contain("the check of configuration, tokens and certificates",
                 [&] { look_after(signal); });
    net::contain("the check of the supervisor and the audit trail",
                 [this] { keep_watched_actors(); });
    auto now = std::chrono::steady_clock::now();
    service_.look_after(now);
    if (now >= memory_due) {
      memory_due = now + memory_interval;
      threads_.on_every_one([](api::thread_context&) { return_free_memory(); });
    }
  }
}

void running_daemon::look_after(int signal) {
  if (signal == SIGHUP) {
    service_.tell_reloading();
    // Also after a mistake: the daemon goes on as it was.
    net::contain("the reload", [this] { reload(); });
    service_.tell_reloaded();
  }
  reserve_.take();
  tokens_.review();
  if (tls_->is_on() && tls_->changed())
    renew_tls();
  tell_clock();
}

void running_daemon::keep_watched_actors() {
  auto now = std::chrono::steady_clock::now();
  if (auto reason = supervisor_watch_.take_end(); reason && !gave_up_) {
    if (supervisor_restarts_.admit(now)) {
      actor_stats_->count_restart(actors::supervisor_state::name);
      log::error("the supervisor died ({}) and will be restarted", *reason);
      start_supervisor();
    } else {
      log::critical("the supervisor died too often ({}); the daemon gives "
                    "up and stops",
                    *reason);
      std::lock_guard guard{supervisor_mutex_};
      supervisor_ = nullptr;
      give_up();
    }
  }
  if (!audit_.keep(now) && !gave_up_)
    give_up();
}

void running_daemon::give_up() {
  gave_up_ = true;
  signal_queue::ask_to_stop();
}

void running_daemon::reload() {
  auto change = [this] {
    descriptor_reserve::loan lent{reserve_};
    return read_again(sources_, values_);
  }();
  auto is_applied = change && accept(*change);
  // Even if the configuration was rejected: a revocation must take effect.
  tokens_.reload();
  // A change of the TLS settings has already read the files.
  if (tls_->is_on() && !(is_applied && change->touches("tls")))
    renew_tls();
}

bool running_daemon::accept(const config_change& change) {
  try {
    if (!change.applied.empty())
      apply(change);
  } catch (const std::runtime_error& error) {
    log::error("{}", error.what());
    log::error(configuration_stays);
    return false;
  }
  tell(change);
  return true;
}

void running_daemon::renew_tls() {
  std::string problem;
  try {
    descriptor_reserve::loan lent{reserve_};
    present(tls_->load());
  } catch (const std::runtime_error& error) {
    problem = error.what();
  }
  if (!tls_problem_.becomes(problem))
    return;
  if (!problem.empty())
    log::error("{} Until then the previous certificate stays in use.", problem);
  notes_->set("tls", problem.empty() ? ""
                                     : "The TLS files cannot be used: the "
                                       "previous certificate stays in use");
}

void running_daemon::tell_clock() {
  using std::chrono::seconds;
  auto offset = wall_clock_offset();
  if (std::chrono::abs(offset - clock_offset_) < seconds{1})
    return;
  clock_offset_ = offset;
  if (offset > seconds{0})
    log::warn(
        "the system clock was set back: the daemon's time stays {} s ahead "
        "until the clock catches up or the daemon is restarted",
        std::chrono::round<seconds>(offset).count());
  else
    log::info("the system clock has caught up with the daemon's time");
}

void running_daemon::present(net::tls_context_ptr certificate) {
  threads_.call_on<void>(0, [&](thread_context&) {
    listener_->renew_tls(std::move(certificate));
  });
}

void running_daemon::apply(const config_change& change) {
  // Everything that may fail comes first, so that a failure changes nothing.
  auto tls = *tls_;
  net::tls_context_ptr certificate;
  if (change.touches("tls")) {
    tls = tls_source{find_pair(change.values, dir_)};
    {
      descriptor_reserve::loan lent{reserve_};
      certificate = tls.load();
    }
    tls_problem_ = {};
    notes_->set("tls", "");
  }
  if (change.touches("auth"))
    tokens_.change_source(change.values);
  values_ = change.values;
  tls_ = std::move(tls);
  if (certificate)
    present(std::move(certificate));
  if (change.touches("log"))
    set_log_level(values_.log.level);
  dispatch_lines_->change_limit(values_.log.max_dispatches_per_second);
  if (change.touches("server"))
    make_room_for(values_.server.max_connections);
  throttle_->change_rule(make_throttle_rule(values_));
  first_frames_->change_limit(values_.bridge.max_unregistered_bytes);
  announced_->change_limit(values_.agents.known_bytes);
  admissions_->change_limits(make_admission_limits(values_));
  answers_->change_limits(make_answer_limits(values_));
  decisions_->change_settings(make_setting_values(values_));
  output_->change_budget(values_.server.output_bytes);
  threads_.call_on<void>(0, [this](thread_context&) {
    listener_->change_options(make_listener_options(values_, output_));
  });
  threads_.on_every_one(
      [agent = make_agent_options(values_),
       control = make_control_options(values_, self_)](thread_context& x) {
        x.agent = agent;
        x.control = control;
      });
  tell_where_now();
}

void running_daemon::tell_where_now() {
  try {
    tell_where();
  } catch (const std::runtime_error& error) {
    log::error("{} Until then, other commands may not find the daemon.",
               error.what());
  }
}

} // namespace bridgekeeper::app
