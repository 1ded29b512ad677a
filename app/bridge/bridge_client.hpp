#pragma once

#include "app/bridge/bridge_link.hpp"
#include "app/bridge/bridge_service.hpp"
#include "app/bridge/kept_results.hpp"
#include "app/bridge/known_ids.hpp"
#include "app/bridge/session_slots.hpp"
#include "app/bridge/slot_numbers.hpp"
#include "app/bridge/task.hpp"
#include "app/bridge/task_counts.hpp"
#include "app/bridge/waiting_tasks.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bridgekeeper::app {

struct bridge_options {
  bridge_link_options link;
  task_options tasks;
  supervisor_options processes;
  /// The maximum number of tasks that run at the same time. Further tasks wait
  /// in order.
  std::size_t max_tasks = 1;
  /// How long a stopping bridge may take to finish what it has; zero to
  /// terminate its tasks at once.
  std::chrono::milliseconds drain_timeout{};
};

/// A bridge: receives dispatches over its link, runs a command for each, and
/// sends back progress and the response. On a 1.1 link (contract section 1),
/// tasks and results outlive the connection. Runs on the thread of its
/// `io_context`.
class bridge_client {
public:
  /// `results` holds what an earlier process has left. Calls `on_done` once,
  /// with the exit code of the process.
  bridge_client(boost::asio::io_context& context, bridge_options options,
                kept_results results, service_notifier notifier,
                std::function<void(exit_code)> on_done);

  void start();

  /// Stops the bridge. With a drain timeout, the first call lets the tasks
  /// finish; without, it terminates them. The second call kills them, and the
  /// bridge then waits for nothing more.
  void stop();

private:
  using deadline_timer = boost::asio::basic_waitable_timer<boot_clock>;

  // -- dispatches (bridge_client.cpp) -----------------------------------------

  void on_dispatch(dispatch x);
  /// Deals with a dispatch that is not new. Returns false if `x` should be
  /// started.
  bool answer_known(const dispatch& x);
  void accept(const message_id& message);
  void start_next();
  [[nodiscard]] std::size_t take_slot(const dispatch& x);
  void drop_overdue();
  void watch_deadlines();
  void on_progress(const message_id& message, progress_line line);
  void on_task_done(const message_id& message, task_report report);
  void fail(const message_id& message, std::string error,
            std::optional<failure_class> why = {});
  void respond(const response& x);
  [[nodiscard]] std::shared_ptr<const response_details>
  details_for_daemon(response_details details) const;

  // -- the link (bridge_client_link.cpp) --------------------------------------

  void on_registering(registration_terms& x);
  void on_registered(const registered& x);
  /// `why`: the class of the failure, if there is one.
  void on_cancel(const message_id& message, std::optional<failure_class> why);
  void on_ack(const message_id& message);
  void flush();
  void on_drained();
  void on_lost();
  void drop_waiting();
  void resume_tasks();
  [[nodiscard]] bool speaks_1_1() const noexcept;
  [[nodiscard]] const agent_id& agent() const noexcept;

  // -- the end (bridge_client.cpp) --------------------------------------------

  void drain();
  void announce_drain();
  void terminate_tasks();
  void kill_tasks();
  void on_over(exit_code code);
  void finish_when_idle();
  [[nodiscard]] bool must_await_acks();
  void report_unacknowledged() const;
  /// For the service manager.
  [[nodiscard]] std::string status() const;

  boost::asio::io_context& context_;
  bridge_options options_;
  std::function<void(exit_code)> on_done_;
  task_supervisor supervisor_;
  task_surroundings surroundings_;
  bridge_link link_;
  known_ids known_;
  waiting_tasks waiting_;
  std::vector<std::shared_ptr<task>> running_;
  slot_numbers slots_;
  session_slots session_slots_;
  task_counts counts_;
  kept_results results_;
  /// What did not fit into the registration and has not been sent yet.
  std::vector<std::vector<resume_entry>> resume_pages_;
  bridge_service service_;
  /// For the earliest deadline of a waiting task.
  deadline_timer overdue_;
  boost::asio::steady_timer drain_timer_;
  /// Runs while a stopping bridge waits for acknowledgements.
  boost::asio::steady_timer ack_timer_;
  bool awaits_acks_ = false;
  /// Nothing is awaited any longer.
  bool hurries_ = false;
  bool draining_ = false;
  bool stopping_ = false;
  /// The link has been told to close.
  bool closing_ = false;
  std::optional<exit_code> over_;
};

} // namespace bridgekeeper::app
