#include "app/daemon/daemon.hpp"

#include "actors/audit_trail.hpp"
#include "actors/dispatch_shelf.hpp"
#include "actors/event_journal.hpp"
#include "actors/explainer.hpp"
#include "actors/tell.hpp"
#include "api/control_session.hpp"
#include "api/metrics_session.hpp"
#include "app/daemon/descriptor_limit.hpp"
#include "app/daemon/memory_census.hpp"
#include "app/daemon/running_daemon.hpp"
#include "app/daemon/safety_review.hpp"
#include "app/log/logging.hpp"
#include "log/log_line.hpp"

#include <caf/io/middleman.hpp>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <stdexcept>
#include <sys/prctl.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace bridgekeeper::app {

using api::thread_context;

running_daemon::system_config::system_config(bool with_network) {
  // The pool is only for actors that block or compute; agents live on I/O
  // threads.
  set("scheduler.max-threads", 2);
  // With the policy "sharing", idle workers sleep. With work stealing they
  // would poll for work a hundred times a second.
  set("scheduler.policy", caf::atom("sharing"));
  if (with_network) {
    load<caf::io::middleman>();
    add_message_types<caf::id_block::bridgekeeper>();
  }
}

running_daemon::running_daemon(const config& values,
                               const config_sources& sources)
  : sources_(sources), values_(values), dir_(values.server.data_dir),
    threads_(count_io_threads(values)),
    service_(threads_, {current_environment(), ::getpid()}),
    storage_(values, dir_, threads_, self_,
             [this](auto from, auto to) { answer_during_migration(from, to); }),
    tokens_(values, dir_, threads_, reserve_, *notes_),
    first_frames_(std::make_shared<net::byte_budget>(
        values.bridge.max_unregistered_bytes)),
    announced_(std::make_shared<net::byte_budget>(values.agents.known_bytes)),
    admissions_(std::make_shared<admission>(make_admission_limits(values))),
    metrics_(threads_, actor_stats_, admissions_),
    output_(std::make_shared<net::output_ledger>(values.server.output_bytes)),
    answers_(std::make_shared<answer_budget>(make_answer_limits(values))),
    throttle_(std::make_shared<attempt_throttle>(make_throttle_rule(values))),
    system_config_(values.console.listen != "off"),
    supervisor_restarts_(make_supervisor_options(values).max_restarts,
                         make_supervisor_options(values).restart_window) {
  find_tls();
}

void running_daemon::answer_during_migration(std::int32_t from,
                                             std::int32_t to) {
  find_tls();
  auto options = make_listener_options(values_, nullptr);
  options.tls = tls_->load();
  options.log_lines = log_lines_;
  migration_.start(std::move(options), from, to);
}

void running_daemon::find_tls() {
  if (!tls_)
    tls_.emplace(find_pair(values_, dir_));
}

exit_code running_daemon::run() {
  try {
    start_threads();
    start_audit();
    start_core();
    open_listeners();
    open_console();
    announce();
    service_.tell_started();
    storage_.check_if_unclean();
  } catch (...) {
    // Actors and threads must end in order, which destructors alone do not do.
    stop();
    throw;
  }
  watch();
  stop();
  return gave_up_ ? exit_code::failure : exit_code::ok;
}

void running_daemon::start_threads() {
  tokens_.load();
  auto agent = make_agent_options(values_);
  auto control = make_control_options(values_, self_);
  auto session = share(self_.control_session);
  auto sessions = std::make_shared<control_sessions>();
  auto shelf = std::make_shared<actors::dispatch_shelf>();
  auto keys = std::make_shared<idempotency_table>();
  decisions_->change_settings(make_setting_values(values_));
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    auto& context = threads_.context(i);
    context.agent = agent;
    context.control = control;
    context.control_session = session;
    context.tokens = tokens_.table();
    context.throttle = throttle_;
    context.notes = notes_;
    context.log_lines = log_lines_;
    context.decisions = decisions_;
    context.dispatch_lines = dispatch_lines_;
    context.actor_stats = actor_stats_;
    context.admissions = admissions_;
    context.sessions = sessions;
    context.shelf = shelf;
    context.keys = keys;
    context.announced = announced_;
    context.first_frames = first_frames_;
    context.output = output_;
    context.answers = answers_;
    context.gather_metrics = [this](std::size_t thread, auto then) {
      metrics_.gather(thread, std::move(then));
    };
  }
  children_->memory->journal = std::make_shared<actors::event_journal>(
      make_supervisor_options(values_).history);
  storage_.restore(*children_->memory, *sessions, *admissions_);
  system_.emplace(system_config_);
  metrics_.use(*system_);
  threads_.start(*system_);
}

void running_daemon::start_audit() {
  audit_.open(*system_, values_, actor_stats_);
  threads_.on_every_one([sink = audit_.sink()](thread_context& context) {
    context.audit = sink;
  });
}

void running_daemon::start_core() {
  if (values_.console.listen != "off")
    console_port_.emplace(threads_.thread(0), *system_, operators_);
  start_supervisor();
  wait_for_core();
  storage_.recover_dispatches(*children_->memory);
}

void running_daemon::start_supervisor() {
  actors::supervisor_world world;
  world.children = children_;
  world.threads = threads_.size();
  world.on_every_thread = [this](auto task) { threads_.on_every_one(task); };
  world.on_give_up = [this] { give_up(); };
  world.kill_watched = [this](const std::string& name) {
    return name == actors::audit_trail_state::name && audit_.kill();
  };
  if (console_port_)
    world.start_console = [this](auto) { return start_console(); };
  auto started = actors::spawn_on(
      *system_, &threads_.thread(0).unit(), actors::supervisor,
      &threads_.context(0), make_supervisor_options(values_), std::move(world));
  supervisor_watch_.follow(started);
  std::lock_guard guard{supervisor_mutex_};
  supervisor_ = std::move(started);
}

void running_daemon::wait_for_core() {
  for (std::size_t i = 0; i < threads_.size(); ++i)
    while (!threads_.call_on<bool>(i, [](thread_context& context) {
      return context.core.registry && context.core.events;
    })) {
      keep_watched_actors();
      if (gave_up_)
        throw std::runtime_error("Cannot start: the core actors keep failing; "
                                 "see the log.");
      std::this_thread::yield();
    }
}

void running_daemon::open_listeners() {
  auto options = make_listener_options(values_, output_);
  options.tls = tls_->load();
  options.log_lines = log_lines_;
  options.on_reject = [this](const std::string& ip) {
    origin from{ip};
    tell(threads_.context(0), fact::connection_refused{from});
  };
  listener_.emplace(
      threads_.pointers(), std::move(options),
      [this](net::io_thread& home, std::shared_ptr<net::http_session> http) {
        actors::spawn_on(*system_, &home.unit(), api::control_session,
                         &threads_.context(home.index()), std::move(http));
      });
  metrics_.show(listener_->counts());
  for (std::size_t i = 0; i < threads_.size(); ++i)
    threads_.context(i).ledger = listener_->ledger();
  auto sockets = migration_.stop();
  threads_.call_on<void>(0, [&](thread_context&) {
    if (sockets)
      listener_->open(*sockets);
    else
      listener_->open();
  });
  if (!values_.metrics.listen.empty())
    open_metrics_listener();
}

void running_daemon::open_metrics_listener() {
  auto options = make_metrics_listener_options(values_);
  options.log_lines = log_lines_;
  metrics_listener_.emplace(
      threads_.pointers(), std::move(options),
      [this](net::io_thread& home, std::shared_ptr<net::http_session> http) {
        api::serve_metrics(threads_.context(home.index()), std::move(http));
      });
  threads_.call_on<void>(
      0, [this](thread_context&) { metrics_listener_->open(); });
}

actors::console_actor running_daemon::start_console() {
  console::console_world world;
  world.supervisor = [this] { return supervisor(); };
  world.actor_stats = actor_stats_;
  world.audit = audit_.sink();
  world.counts = threads_.counts();
  world.tokens = [this] { return tokens_.table(); };
  world.throttle = throttle_;
  world.log_lines = log_lines_;
  world.decisions = decisions_;
  world.make_explainer = [this] {
    return actors::start_explainer(*system_, threads_.context(0));
  };
  world.threads = [this] { return threads_.rows(); };
  world.set_log_level = &set_log_level;
  world.memory = [census = memory_census{threads_, storage_, output_, answers_,
                                         first_frames_, announced_,
                                         values_.events.history_bytes}] {
    return census.rows();
  };
  world.find_stored = [this](const std::string& text) {
    return storage_.find_by_short_id(text);
  };
  world.present = operators_;
  world.stall_timeout =
      std::chrono::ceil<std::chrono::milliseconds>(values_.server.peer_timeout);
  world.started = started_;
  auto console = actors::spawn_on(
      *system_, nullptr, console::console,
      std::make_shared<const console::console_world>(std::move(world)));
  console_port_->lead_to(console);
  return console;
}

void running_daemon::open_console() {
  if (!console_port_)
    return;
  // An authenticated operator could otherwise use CAF's own actors to do more
  // than the console allows, such as spawning actors.
  system_->registry().erase(caf::atom("SpawnServ"));
  system_->registry().erase(caf::atom("ConfigServ"));
  auto where = net::parse_endpoint(values_.console.listen).value();
  console_address_ = to_string(threads_.call_on<net::endpoint>(
      0, [&](thread_context&) { return console_port_->open(where); }));
}

void running_daemon::announce() {
  tell_where();
  for (const auto& where : listener_->bound())
    log::info("listening on {}{}", to_string(where),
              tls_->is_on() && !where.is_local() ? " (TLS)" : "");
  if (metrics_listener_)
    for (const auto& where : metrics_listener_->bound())
      log::info("metrics on {}", to_string(where));
  if (!console_address_.empty())
    log::info("console on {}", console_address_);
  if (tokens_.table()->size() == 0)
    log::warn("no tokens are configured; all requests will be rejected: "
              "add a token to {}",
              values_.auth.token_file ? "the file of auth.token_file"
                                      : "the configuration");
  tokens_.tell_fresh_token();
}

void running_daemon::tell_where() {
  std::vector<std::string> addresses;
  for (const auto& where : listener_->bound())
    addresses.push_back(to_string(where));
  dir_.write_daemon_file(addresses, console_address_, tls_->certificate());
}

namespace {

/// Logs the warnings of the safety review. Throws `std::runtime_error` if the
/// daemon should not start.
void review(const config& values, const config_sources& sources) {
  auto file = sources.file;
  if (auto named = sources.variables.find("BRIDGEKEEPER_CONFIG");
      !file && named != sources.variables.end())
    file = named->second;
  auto found = review_safety(values, file, ::geteuid());
  for (const auto& text : found.warnings)
    log::warn("{}", text);
  std::string refusals;
  for (const auto& text : found.refusals)
    refusals += (refusals.empty() ? "" : "\n") + text;
  if (!refusals.empty())
    throw std::runtime_error("The daemon was not started, because that would "
                             "be unsafe: "
                             + refusals);
}

/// Keeps the process's memory, which contains tokens, out of core dumps and
/// prevents other processes of the same user from reading it.
void protect_memory() {
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    log::warn("cannot keep the daemon's memory out of core dumps: {}",
              std::strerror(errno));
}

} // namespace

int run_daemon(const config& values, const config_sources& sources) {
  try {
    if (values.server.protect_memory)
      protect_memory();
    review(values, sources);
    make_room_for(values.server.max_connections);
    return static_cast<int>(running_daemon{values, sources}.run());
  } catch (const std::exception& problem) {
    std::cerr << problem.what() << '\n';
    return static_cast<int>(exit_code::failure);
  }
}

} // namespace bridgekeeper::app
