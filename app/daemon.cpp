#include "app/daemon.hpp"

#include "actors/audit_trail.hpp"
#include "actors/console/console.hpp"
#include "actors/control/control_session.hpp"
#include "actors/supervisor.hpp"
#include "actors/thread_context.hpp"
#include "app/daemon/console_port.hpp"
#include "app/daemon/daemon_options.hpp"
#include "app/daemon/data_dir.hpp"
#include "app/daemon/descriptor_limit.hpp"
#include "app/daemon/signals.hpp"
#include "app/daemon/tls_source.hpp"
#include "app/daemon/token_source.hpp"
#include "app/exit_code.hpp"
#include "app/log/logging.hpp"
#include "net/io_thread.hpp"
#include "net/listener.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/io/middleman.hpp>
#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <future>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>
#include <unistd.h>
#include <vector>

namespace bridgekeeper::app {

using actors::thread_context;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr auto watch_interval = milliseconds{500};
constexpr auto poll_interval = milliseconds{20};
/// After the drain: for close frames to go out, and for actors to end. Longer
/// than any session takes to close.
constexpr auto farewell_time = std::chrono::seconds{8};

struct system_config : caf::actor_system_config {
  explicit system_config(bool with_network) {
    // The pool is for what blocks or computes; agents live on I/O threads.
    set("scheduler.max-threads", 2);
    if (with_network) {
      load<caf::io::middleman>();
      add_message_types<caf::id_block::bridgekeeper>();
    }
  }
};

/// Everything that makes up a running daemon, in the order it is built; it is
/// taken down in reverse. Built, run and destroyed on the main thread.
class daemon {
public:
  explicit daemon(const config& values)
    : values_(values), dir_(values.server.data_dir),
      tokens_(values, make_token()),
      throttle_(std::make_shared<actors::attempt_throttle>(
          make_throttle_rule(values))),
      tls_(find_pair(values, dir_)),
      system_config_(values.console.listen != "off") {}

  /// Throws `std::runtime_error` for what could not be had at the start; what
  /// was started by then is stopped all the same.
  exit_code run() {
    try {
      start_threads();
      start_audit();
      start_core();
      open_doors();
      open_console();
      announce();
    } catch (...) {
      stop();
      throw;
    }
    watch();
    stop();
    return gave_up_ ? exit_code::failure : exit_code::ok;
  }

private:
  // -- starting ---------------------------------------------------------------

  std::optional<std::string> make_token() {
    const auto& auth = values_.auth;
    if (!auth.tokens.empty() || auth.token_file || !auth.make_token)
      return std::nullopt;
    auto made = dir_.token();
    if (made.fresh)
      fresh_token_ = made.text;
    return made.text;
  }

  /// Throws for a file of scoped tokens that is not right: at the start there
  /// is somebody to see it.
  void load_tokens() {
    auto loaded = tokens_.load();
    if (!loaded.errors.empty()) {
      std::string text = "The file of scoped tokens cannot be used:\n";
      for (const auto& error : loaded.errors)
        text += "  " + error + "\n";
      throw std::runtime_error(text
                               + "Correct or remove these lines and start "
                                 "again; docs/tokens.md has the format.");
    }
    table_ = loaded.table;
  }

  /// Once, when all went well. What is no terminal may be a log, which is told
  /// no secrets.
  void tell_fresh_token() const {
    if (!fresh_token_)
      return;
    std::cout << "No token was configured, so one was made";
    if (::isatty(STDOUT_FILENO) == 1)
      std::cout << ":\n\n    " << *fresh_token_ << "\n\nIt";
    else
      std::cout << ". It";
    std::cout << " is kept in " << values_.server.data_dir
              << "/token, where bridgekeeper's own commands find it."
              << std::endl;
  }

  void start_threads() {
    load_tokens();
    auto control = make_control_options(values_, self_);
    auto admissions =
        std::make_shared<actors::admission>(make_admission_limits(values_));
    for (std::size_t i = 0; i < count_io_threads(values_); ++i) {
      auto& thread =
          *threads_.emplace_back(std::make_unique<net::io_thread>(i));
      auto& context = *contexts_.emplace_back(std::make_unique<thread_context>(
          i, &thread.unit(), thread.deadlines()));
      context.agent = make_agent_options(values_);
      context.control = control;
      context.tokens = table_.load();
      context.throttle = throttle_;
      context.people = people_;
      context.admissions = admissions;
    }
    system_.emplace(system_config_);
    for (auto& thread : threads_)
      thread->start(*system_);
  }

  /// Before anybody can do what is to be audited.
  void start_audit() {
    if (!values_.audit.path)
      return;
    auto log = std::make_shared<store::audit_log>(
        make_audit_options(values_),
        [](const std::string& text) { spdlog::error("{}", text); });
    auto backlog = std::make_shared<actors::audit_backlog>();
    audit_ = actors::spawn_on(*system_, nullptr, actors::audit_trail, people_,
                              std::move(log), backlog);
    desk_ = {audit_, std::move(backlog), make_audit_level(values_)};
    on_every_thread(
        [desk = desk_](thread_context& context) { context.audit = desk; });
    spdlog::info("auditing to {}", *values_.audit.path);
  }

  void start_core() {
    actors::supervisor_world world;
    world.threads = threads_.size();
    world.on_every_thread = [this](auto task) { on_every_thread(task); };
    world.on_give_up = [this] {
      gave_up_ = true;
      signal_queue::ask_to_stop();
    };
    if (values_.console.listen != "off") {
      console_port_.emplace(*threads_.front(), *system_);
      world.start_console = [this](auto by) { return start_console(by); };
    }
    supervisor_ =
        actors::spawn_on(*system_, &threads_.front()->unit(),
                         actors::supervisor, contexts_.front().get(),
                         make_supervisor_options(values_), std::move(world));
    // Nobody is let in before every thread knows the core actors.
    wait_for_core();
  }

  void wait_for_core() {
    for (std::size_t i = 0; i < threads_.size(); ++i)
      while (!call_on<bool>(i, [](thread_context& context) {
        return context.core.registry && context.core.events;
      }))
        std::this_thread::yield();
  }

  void open_doors() {
    std::vector<net::io_thread*> threads;
    for (auto& thread : threads_)
      threads.push_back(thread.get());
    auto options = make_listener_options(values_);
    options.tls = tls_.load();
    listener_.emplace(
        std::move(threads), std::move(options),
        [this](net::io_thread& home, std::shared_ptr<net::http_session> http) {
          actors::spawn_on(*system_, &home.unit(), actors::control_session,
                           contexts_[home.index()].get(), std::move(http));
        });
    for (auto& context : contexts_)
      context->ledger = listener_->ledger();
    call_on<void>(0, [this](thread_context&) { listener_->open(); });
  }

  /// On the supervisor's thread, for the first console and after each that
  /// dies.
  actors::console_actor start_console(actors::supervisor_actor supervisor) {
    auto world = std::make_shared<actors::console_world>();
    world->supervisor = std::move(supervisor);
    world->people = people_;
    world->audit = desk_;
    for (auto& context : contexts_)
      world->counts.push_back(&context->counts);
    world->tokens = [this] { return table_.load(); };
    world->throttle = throttle_;
    world->threads = [this] { return thread_rows(); };
    world->set_log_level = &set_log_level;
    world->started = started_;
    auto console = actors::spawn_on(
        *system_, nullptr, actors::console,
        std::shared_ptr<const actors::console_world>{std::move(world)});
    console_port_->lead_to(console);
    return console;
  }

  void open_console() {
    if (!console_port_)
      return;
    // Who was let in could still ask CAF's own actors for more than a console.
    system_->registry().erase(caf::atom("SpawnServ"));
    system_->registry().erase(caf::atom("ConfigServ"));
    auto where = net::parse_endpoint(values_.console.listen).value();
    console_address_ = net::to_string(call_on<net::endpoint>(
        0, [&](thread_context&) { return console_port_->open(where); }));
  }

  void announce() {
    std::vector<std::string> addresses;
    for (const auto& where : listener_->bound())
      addresses.push_back(net::to_string(where));
    dir_.write_daemon_file(addresses, console_address_, tls_.certificate());
    for (const auto& address : addresses)
      spdlog::info("listening on {}{}", address, tls_.is_on() ? " (TLS)" : "");
    if (!console_address_.empty())
      spdlog::info("console on {}", console_address_);
    if (table_.load()->size() == 0)
      spdlog::warn("no token is known, so nobody is let in: write one into {}",
                   values_.auth.token_file.value_or("the configuration"));
    tell_fresh_token();
  }

  // -- running ----------------------------------------------------------------

  /// Until somebody asks to stop.
  void watch() {
    for (;;) {
      auto signal = signals_.wait(watch_interval);
      if (signal == SIGTERM || signal == SIGINT)
        return;
      if (tokens_.changed() || signal == SIGHUP)
        reload_tokens();
      review_tokens();
      if (tls_.is_on() && (tls_.changed() || signal == SIGHUP))
        renew_tls();
    }
  }

  void renew_tls() {
    try {
      auto renewed = tls_.load();
      call_on<void>(0, [&](thread_context&) { listener_->renew_tls(renewed); });
    } catch (const std::runtime_error& error) {
      spdlog::error(
          "{} Until then the certificate that was read before stands.",
          error.what());
    }
  }

  void reload_tokens() {
    auto loaded = tokens_.load();
    for (const auto& error : loaded.errors)
      spdlog::error("{}", error);
    if (!loaded.errors.empty())
      spdlog::error(
          "scoped tokens stay as they were until their file is right");
    table_ = loaded.table;
    spdlog::info("tokens read again: {} now count", loaded.table->size());
    install_tokens();
  }

  /// Those whose token has expired leave.
  void review_tokens() {
    auto now = protocol::wall_clock_now();
    if (table_.load()->any_expires(reviewed_, now))
      install_tokens();
    reviewed_ = now;
  }

  void install_tokens() {
    on_every_thread([table = table_.load()](thread_context& context) {
      actors::replace_tokens(context, table);
    });
  }

  [[nodiscard]] std::vector<actors::thread_row> thread_rows() const {
    std::vector<actors::thread_row> out;
    for (const auto& thread : threads_)
      out.push_back(
          {thread->index(), thread->connections.load(), thread->resumptions(),
           std::chrono::duration_cast<milliseconds>(thread->cpu_time())});
    return out;
  }

  // -- stopping ---------------------------------------------------------------

  /// See docs/architecture.md, "Shutdown".
  void stop() {
    if (auto count = unfinished())
      spdlog::info("stopping: waiting for {} dispatches to end", count);
    // 1. Nobody new is let in; what is refused says why.
    if (listener_)
      call_on<void>(0, [this](thread_context&) { listener_->close(); });
    on_every_thread([](thread_context& context) { context.draining = true; });
    // 2. What is under way may end; a second signal cuts the wait short.
    auto patience = std::chrono::duration_cast<milliseconds>(
        values_.shutdown.drain_timeout);
    wait_until(patience, [this] {
      return gave_up_ || unfinished() == 0
             || signals_.wait(milliseconds{0}) != 0;
    });
    // 3. Agents leave (1001), so that what they owe is answered; then those who
    // asked for it, once they have heard.
    on_every_thread([](thread_context& context) {
      actors::dismiss(context.agents, protocol::errc::draining);
    });
    wait_until(farewell_time, [this] { return !lives("agent"); });
    on_every_thread([](thread_context& context) {
      actors::dismiss(context.clients, protocol::errc::draining);
    });
    wait_until(farewell_time, [this] { return connections() == 0; });
    // 4. Operators are let in no more. The core actors end in reverse order,
    // the console and its sessions first.
    if (console_port_)
      call_on<void>(0, [this](thread_context&) { console_port_->close(); });
    if (supervisor_)
      caf::anon_send(supervisor_, actors::stop_atom_v);
    supervisor_ = nullptr;
    forget_core();
    stop_audit();
    // 5. The I/O threads end, before the actor system: each holds on to a part
    // of it for as long as it runs.
    for (auto& thread : threads_)
      thread->stop();
    // 6. Other commands find no daemon here any more.
    dir_.remove_daemon_file();
    spdlog::info("stopped");
  }

  void forget_core() {
    on_every_thread([](thread_context& context) { context.core = {}; });
    auto trail = std::size_t{audit_ ? 1U : 0U};
    wait_until(farewell_time, [&] { return people_->rows().size() <= trail; });
  }

  /// The last actor: it hears how all others ended, and writes it down.
  void stop_audit() {
    desk_ = {};
    on_every_thread([](thread_context& context) { context.audit = {}; });
    if (audit_)
      caf::anon_send(audit_, actors::stop_atom_v);
    audit_ = nullptr;
    wait_until(farewell_time, [this] { return people_->rows().empty(); });
  }

  template <class Condition>
  void wait_until(milliseconds limit, Condition condition) {
    auto end = steady_clock::now() + limit;
    while (!condition() && steady_clock::now() < end)
      std::this_thread::sleep_for(poll_interval);
  }

  [[nodiscard]] bool lives(std::string_view name) const {
    auto rows = people_->rows();
    return std::any_of(rows.begin(), rows.end(),
                       [&](const auto& x) { return x.name == name; });
  }

  [[nodiscard]] std::uint64_t unfinished() const {
    std::uint64_t begun = 0;
    std::uint64_t ended = 0;
    for (const auto& context : contexts_) {
      begun += context->counts.dispatches.value();
      ended += context->counts.responses.value()
               + context->counts.failed_dispatches.value();
    }
    return begun > ended ? begun - ended : 0;
  }

  [[nodiscard]] std::size_t connections() const {
    std::size_t out = 0;
    for (const auto& thread : threads_)
      out += thread->connections;
    return out;
  }

  // -- reaching the threads ---------------------------------------------------

  void on_every_thread(std::function<void(thread_context&)> task) {
    for (std::size_t i = 0; i < threads_.size(); ++i)
      threads_[i]->post(
          [task, context = contexts_[i].get()] { task(*context); });
  }

  /// Runs `task` on one thread and waits; exceptions come back.
  template <class Result, class Task>
  Result call_on(std::size_t index, Task task) {
    std::promise<Result> done;
    auto result = done.get_future();
    threads_[index]->post([&] {
      try {
        if constexpr (std::is_void_v<Result>) {
          task(*contexts_[index]);
          done.set_value();
        } else {
          done.set_value(task(*contexts_[index]));
        }
      } catch (...) {
        done.set_exception(std::current_exception());
      }
    });
    return result.get();
  }

  steady_clock::time_point started_ = steady_clock::now();
  daemon_identity self_ = make_identity();
  config values_;
  signal_queue signals_;
  data_dir dir_;
  std::optional<std::string> fresh_token_;
  token_source tokens_;
  std::atomic<std::shared_ptr<const actors::token_table>> table_;
  std::shared_ptr<actors::attempt_throttle> throttle_;
  tls_source tls_;
  /// When tokens were last looked through for those that have expired.
  protocol::timestamp reviewed_ = protocol::wall_clock_now();
  std::atomic<bool> gave_up_{false};
  std::shared_ptr<actors::census> people_ = std::make_shared<actors::census>();
  // The actor system goes before the contexts and threads its actors live on.
  std::vector<std::unique_ptr<net::io_thread>> threads_;
  std::vector<std::unique_ptr<thread_context>> contexts_;
  system_config system_config_;
  std::optional<caf::actor_system> system_;
  std::optional<net::listener> listener_;
  actors::audit_trail_actor audit_;
  actors::audit_desk desk_;
  actors::supervisor_actor supervisor_;
  std::optional<console_port> console_port_;
  std::string console_address_;
};

} // namespace

int run_daemon(const config& values) {
  try {
    make_room_for(values.server.max_connections);
    return static_cast<int>(daemon{values}.run());
  } catch (const std::exception& problem) {
    std::cerr << problem.what() << '\n';
    return static_cast<int>(exit_code::failure);
  }
}

} // namespace bridgekeeper::app
