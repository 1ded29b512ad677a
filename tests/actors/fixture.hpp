#pragma once

#include "actors/agent.hpp"
#include "actors/dispatch_shelf.hpp"
#include "actors/event_hub.hpp"
#include "actors/failure_errors.hpp"
#include "actors/fake_http.hpp"
#include "actors/fake_websocket.hpp"
#include "actors/frames.hpp"
#include "actors/io_actor.hpp"
#include "actors/supervisor.hpp"
#include "actors/test_thread.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bridgekeeper::test {

using namespace bridgekeeper;
using namespace bridgekeeper::api;
using namespace std::chrono_literals;

/// What became of a question to an actor. Empty until the answer comes.
template <class T>
struct reply {
  std::optional<T> value;
  std::optional<failure> why;
  /// How often it was answered; more than once is a defect.
  std::size_t times = 0;

  [[nodiscard]] bool pending() const noexcept {
    return times == 0;
  }

  /// The reason's token, "ok", or "pending".
  [[nodiscard]] std::string outcome() const {
    if (times == 0)
      return "pending";
    return why ? std::string{token(why->code)} : "ok";
  }
};

template <class T>
using reply_ptr = std::shared_ptr<reply<T>>;

/// A connected bridge: the actor under test and the socket it owns.
struct bridge {
  agent_actor aut;
  std::shared_ptr<fake_websocket> socket;
};

/// What a subscriber of events has heard.
struct event_record {
  std::vector<event_ptr> history;
  std::vector<event_ptr> live;
  std::size_t histories = 0;
  bool gap = false;

  /// The types of all events, oldest first, with blanks between them.
  [[nodiscard]] std::string types() const;
};

/// The state of a dispatch: whether it was accepted, and how it ended.
struct dispatch_reply {
  reply_ptr<acceptance> answer;
  std::optional<dispatch_outcome> value;
  /// The status of each progress report.
  std::vector<std::string> progress;
  /// How often it ended; more than once is a defect.
  std::size_t times = 0;
  std::shared_ptr<dispatch_watch> watch;

  /// It was neither refused nor ended.
  [[nodiscard]] bool pending() const;

  /// The bridge's response; there must be one.
  [[nodiscard]] const response& result() const;

  /// Why it was refused or has no response, if so.
  [[nodiscard]] std::optional<failure> why() const;

  /// The reason's token, "ok", or "pending".
  [[nodiscard]] std::string outcome() const;
};

using dispatch_reply_ptr = std::shared_ptr<dispatch_reply>;

/// Everything actors need, with clocks and threads that go on when the test
/// says so. Actors under test are at home on a `test_thread`; the deadlines and
/// CAF's own clock are stepped together.
class world {
public:
  explicit world(std::size_t thread_count = 1);

  /// Makes everybody leave, and checks that nobody is left.
  ~world();

  world(const world&) = delete;
  world& operator=(const world&) = delete;

  // -- time -------------------------------------------------------------------

  /// Runs all threads, taking turns, until nothing is left to do.
  void run();

  /// Lets time pass, in steps: a large one would fire a timer that re-arms
  /// itself only once.
  void pass(std::chrono::milliseconds time,
            std::chrono::milliseconds step = 1s);

  /// Moves the clock of the deadlines alone, and lets nobody notice yet.
  void skip(std::chrono::milliseconds time) {
    now_ += time;
  }

  [[nodiscard]] time_point now() const noexcept {
    return now_;
  }

  // -- the core ---------------------------------------------------------------

  /// Spawns a supervisor with its core actors, and gives every thread their
  /// handles.
  void start_core(supervisor_options options = {});

  /// Spawns a supervisor for those that another one has left.
  void replace_supervisor();

  /// Kills a core actor and lets nothing else happen yet.
  void kill(const std::string& name);

  /// As `kill`, and then lets the supervisor do its work.
  void kill_and_recover(const std::string& name);

  // -- others -----------------------------------------------------------------

  /// A bridge that has upgraded and said nothing yet.
  [[nodiscard]] bridge connect(std::size_t thread = 0);

  /// A bridge that has registered.
  [[nodiscard]] bridge enter(const std::string& id, std::size_t thread = 0);

  /// The daemon's end, as its threads see it: first agents leave, then those
  /// who asked for them.
  void dismiss_agents();
  void dismiss_clients();

  /// A subscriber that writes down what it hears.
  [[nodiscard]] event_subscriber
  listener(const std::shared_ptr<event_record>& record);

  /// Subscribes to the events of one agent, or of all, from now on.
  [[nodiscard]] std::shared_ptr<event_record>
  follow(std::optional<std::string> agent = {});

  /// Asks an actor; the reply fills in while the world runs.
  template <class T, class Handle, class... Ts>
  reply_ptr<T> ask(const Handle& whom, Ts... question) {
    auto out = std::make_shared<reply<T>>();
    spawn_on(sys, &thread(), [=](caf::event_based_actor* self) {
      self->request(whom, caf::infinite, question...)
          .then(
              [out](const T& x) {
                ++out->times;
                out->value = x;
              },
              [out](const caf::error& error) {
                ++out->times;
                out->why = to_failure(error);
              });
    });
    return out;
  }

  /// Asks, and lets the world answer.
  template <class T, class Handle, class... Ts>
  reply<T> answer(const Handle& whom, Ts... question) {
    auto out = ask<T>(whom, std::move(question)...);
    run();
    return *out;
  }

  /// Requests a dispatch from the registry and watches it.
  [[nodiscard]] dispatch_reply_ptr dispatch(const dispatch_order_ptr& order);

  /// Does the same without running the world, and requests it from `whom`: the
  /// registry or an agent.
  template <class Handle>
  dispatch_reply_ptr ask_dispatch(const Handle& whom,
                                  const dispatch_order_ptr& order) {
    auto out = watch_dispatch(order);
    out->answer = ask<acceptance>(whom, dispatch_atom_v, order);
    return out;
  }

  /// What the registry says of an agent.
  [[nodiscard]] agent_view view(const std::string& id);

  /// Events that no hub has handled yet.
  [[nodiscard]] std::atomic<std::size_t>& event_backlog() {
    return *context().core.event_backlog;
  }

  /// How many actors of this name live.
  [[nodiscard]] std::size_t count(const std::string& name) const;

  [[nodiscard]] test_thread& thread(std::size_t index = 0) {
    return *threads_.at(index);
  }

  [[nodiscard]] api::thread_context& context(std::size_t index = 0) {
    return threads_.at(index)->context;
  }

  /// Keeps an HTTP session's side effects going; see `run`.
  void watch(const std::shared_ptr<fake_http>& http) {
    https_.push_back(http);
  }

  void watch(const std::shared_ptr<fake_websocket>& socket) {
    sockets_.push_back(socket);
  }

private:
  [[nodiscard]] dispatch_reply_ptr
  watch_dispatch(const dispatch_order_ptr& order);
  void expire_deadlines();

  time_point now_ = time_point{} + 1h;
  std::vector<std::unique_ptr<test_thread>> threads_;
  std::vector<std::shared_ptr<fake_websocket>> sockets_;
  std::vector<std::shared_ptr<fake_http>> https_;
  supervisor_options core_options_;
  caf::actor_system_config config_;

public:
  caf::actor_system sys;
  supervisor_actor supervisor;
  /// Those it has started.
  std::shared_ptr<supervised_actors> children =
      std::make_shared<supervised_actors>();
  std::size_t times_given_up = 0;
  /// Part of the core where it is set before the core is started.
  std::function<console_actor(supervisor_actor)> start_console;
};

/// A world whose core actors run.
struct started_world : world {
  explicit started_world(std::size_t thread_count = 1) : world(thread_count) {
    start_core();
  }
};

/// An order for a task, as a control session makes it.
[[nodiscard]] dispatch_order_ptr
make_task(const std::string& agent, const std::string& message,
          std::chrono::milliseconds timeout = 10min);

/// The inside of an actor that lives; to be read, never to be written.
template <class State, class Handle>
const State& state_of(const Handle& aut) {
  auto* self = caf::actor_cast<caf::abstract_actor*>(aut);
  return static_cast<typename State::self_type*>(self)->state;
}

} // namespace bridgekeeper::test
