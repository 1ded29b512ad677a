#include "actors/fixture.hpp"

#include <caf/exit_reason.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>
#include <doctest/doctest.h>
#include <spdlog/spdlog.h>

namespace bridgekeeper::test {

namespace {

caf::scheduler::test_coordinator& coordinator(caf::actor_system& sys) {
  return dynamic_cast<caf::scheduler::test_coordinator&>(sys.scheduler());
}

caf::actor_system_config& with_testing(caf::actor_system_config& config) {
  config.set("scheduler.policy", caf::atom("testing"));
  return config;
}

/// Records the calls it gets.
class reply_watch final : public dispatch_watch {
public:
  reply_watch(dispatch_board& board, const dispatch_order& order,
              dispatch_reply& diary)
    : dispatch_watch(board, order.task.message), diary_(diary) {}

  [[nodiscard]] caf::actor_addr owner() const override {
    return {};
  }

  void on_progress(const progress& x) override {
    diary_.progress.push_back(x.status);
  }

  void on_outcome(const dispatch_outcome& x) override {
    ++diary_.times;
    diary_.value = x;
  }

private:
  dispatch_reply& diary_;
};

} // namespace

// -- what became of a dispatch ------------------------------------------------

bool dispatch_reply::pending() const {
  return !why() && !value;
}

const response& dispatch_reply::result() const {
  REQUIRE(value);
  REQUIRE(value->result.has_value());
  return **value->result;
}

std::optional<failure> dispatch_reply::why() const {
  if (answer && answer->why)
    return answer->why;
  if (value && !value->result)
    return value->result.error();
  return std::nullopt;
}

std::string dispatch_reply::outcome() const {
  if (auto x = why())
    return std::string{token(x->code)};
  return value ? "ok" : "pending";
}

std::string event_record::types() const {
  std::string out;
  auto add = [&out](const event_ptr& x) {
    out += out.empty() ? "" : " ";
    out += type_of(*x);
  };
  for (const auto& x : history)
    add(x);
  for (const auto& x : live)
    add(x);
  return out;
}

// -- beginning and end --------------------------------------------------------

world::world(std::size_t thread_count) : sys(with_testing(config_)) {
  spdlog::set_level(spdlog::level::off);
  auto tokens =
      std::make_shared<const token_table>(std::vector<std::string>{test_token});
  auto ledger =
      std::make_shared<net::connection_ledger>(net::connection_limits{});
  auto actor_stats = std::make_shared<actor_statistics>();
  auto shelf = std::make_shared<dispatch_shelf>();
  for (std::size_t i = 0; i < thread_count; ++i) {
    auto& made = *threads_.emplace_back(
        std::make_unique<test_thread>(i, [this] { return now_; }));
    made.adopt(sys);
    made.context.tokens = tokens;
    made.context.ledger = ledger;
    made.context.actor_stats = actor_stats;
    made.context.control_session = share(session_id{"control"});
    made.context.shelf = shelf;
    // Most tests dispatch more than one task to a bridge at a time.
    made.context.agent.slots = 1000;
  }
  for (auto& x : threads_)
    for (auto& other : threads_)
      x->context.boards.push_back(&other->context.board);
}

world::~world() {
  dismiss_agents();
  // Who has not registered by now is still waited for.
  pass(2s);
  dismiss_clients();
  if (supervisor)
    caf::anon_send(supervisor, stop_atom_v);
  supervisor = nullptr;
  run();
  clear_shelf(context());
  run();
  for (auto& x : threads_)
    x->context.core = {};
  run();
  sockets_.clear();
  https_.clear();
  for (const auto& row : context().actor_stats->rows()) {
    CAPTURE(row.name);
    CHECK_MESSAGE(false, "an actor is left over");
  }
  for (auto& x : threads_)
    x->clear();
}

void world::dismiss_agents() {
  for (auto& x : threads_)
    dismiss(x->context.agents, errc::draining);
  run();
}

void world::dismiss_clients() {
  for (auto& x : threads_)
    dismiss(x->context.clients, errc::draining);
  run();
}

// -- time ---------------------------------------------------------------------

void world::run() {
  for (auto busy = true; busy;) {
    busy = false;
    for (auto& x : threads_)
      busy = x->run_once() || busy;
    busy = coordinator(sys).try_run_once() || busy;
    for (std::size_t i = 0; i < sockets_.size(); ++i)
      busy = sockets_[i]->read() || busy;
    for (std::size_t i = 0; i < https_.size(); ++i)
      busy = https_[i]->settle() || busy;
  }
}

void world::pass(std::chrono::milliseconds time,
                 std::chrono::milliseconds step) {
  run();
  for (; time > 0ms; time -= step) {
    auto by = std::min(time, step);
    now_ += by;
    coordinator(sys).advance_time(by);
    expire_deadlines();
    run();
  }
}

void world::expire_deadlines() {
  for (auto& x : threads_)
    x->deadlines.run_due();
}

// -- the core -----------------------------------------------------------------

void world::start_core(supervisor_options options) {
  core_options_ = std::move(options);
  replace_supervisor();
  REQUIRE(context().core.registry);
}

void world::replace_supervisor() {
  supervisor_world around;
  around.children = children;
  around.threads = threads_.size();
  around.on_every_thread = [this](auto task) {
    for (auto& x : threads_)
      x->post([task, context = &x->context] { task(*context); });
  };
  around.on_give_up = [this] { ++times_given_up; };
  around.start_console = start_console;
  supervisor = spawn_on(sys, &thread(), actors::supervisor, &context(),
                        core_options_, std::move(around));
  run();
}

void world::kill(const std::string& name) {
  auto shoot = [](const auto& handle) {
    caf::anon_send_exit(handle, caf::exit_reason::kill);
  };
  if (name == registry_state::name)
    shoot(children->core.registry);
  else if (name == event_hub_state::name)
    shoot(children->core.events);
  else if (name == "console")
    shoot(children->console);
  else if (name == supervisor_state::name)
    shoot(supervisor);
  else
    shoot(children->monitor);
}

void world::kill_and_recover(const std::string& name) {
  kill(name);
  run();
}

// -- others -------------------------------------------------------------------

bridge world::connect(std::size_t index) {
  auto socket = std::make_shared<fake_websocket>(thread(index).deadlines);
  watch(socket);
  std::shared_ptr<net::connection_ledger::place> place =
      context(index).ledger->try_enter("192.0.2.7");
  auto aut = spawn_on(sys, &thread(index), actors::agent, &context(index),
                      std::shared_ptr<net::websocket_session>{socket}, place,
                      origin{"192.0.2.7", {}});
  place.reset();
  run();
  return {std::move(aut), std::move(socket)};
}

bridge world::enter(const std::string& id, std::size_t index) {
  auto out = connect(index);
  out.socket->peer_sends(register_frame(id));
  run();
  auto frames = out.socket->take_sent();
  REQUIRE(frames.size() == 1);
  REQUIRE(parsed(frames.front()).at("type") == "registered");
  return out;
}

event_subscriber world::listener(const std::shared_ptr<event_record>& record) {
  return spawn_on(
      sys, &thread(),
      [record](event_subscriber::pointer) -> event_subscriber::behavior_type {
        return {[record](event_atom, const event_ptr& x) {
                  record->live.push_back(x);
                },
                [record](history_atom, const past_events& past) {
                  ++record->histories;
                  record->gap = record->gap || past.gap;
                  record->history.insert(record->history.end(),
                                         past.events.begin(),
                                         past.events.end());
                }};
      });
}

std::shared_ptr<event_record> world::follow(std::optional<std::string> agent) {
  auto out = std::make_shared<event_record>();
  subscription wanted{listener(out), {}, context().core.newest_event->load()};
  if (agent)
    wanted.which = stream_name{agent_id{*agent}};
  caf::anon_send(context().core.events, follow_atom_v, std::move(wanted));
  run();
  return out;
}

dispatch_reply_ptr world::dispatch(const dispatch_order_ptr& order) {
  auto out = ask_dispatch(context().core.registry, order);
  run();
  return out;
}

dispatch_reply_ptr world::watch_dispatch(const dispatch_order_ptr& order) {
  auto out = std::make_shared<dispatch_reply>();
  out->watch = std::make_shared<reply_watch>(context().board, *order, *out);
  return out;
}

agent_view world::view(const std::string& id) {
  auto found =
      answer<agent_view>(context().core.registry, find_atom_v, agent_id{id});
  CAPTURE(id);
  REQUIRE(found.value);
  return *found.value;
}

std::size_t world::count(const std::string& name) const {
  std::size_t out = 0;
  for (const auto& row : threads_.front()->context.actor_stats->rows())
    out += row.name == name ? 1 : 0;
  return out;
}

dispatch_order_ptr make_task(const std::string& agent,
                             const std::string& message,
                             std::chrono::milliseconds timeout) {
  dispatch_order out;
  out.task.message = message_id{message};
  out.task.agent = agent_id{agent};
  out.task.content = "do it";
  out.task.session = share(session_id{"control"});
  out.timeout = timeout;
  out.queue_timeout = timeout;
  out.watched_on = 0;
  out.wants_progress = true;
  return std::make_shared<const dispatch_order>(std::move(out));
}

} // namespace bridgekeeper::test
