#pragma once

#include "app/bridge/bridge_link.hpp"
#include "app/bridge/task.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bridgekeeper::app {

struct bridge_options {
  bridge_link_options link;
  task_options tasks;
  /// The maximum number of tasks that run at the same time. Further tasks wait
  /// in order.
  std::size_t max_tasks = 1;
};

/// A bridge: receives dispatches over its link, runs a command for each, and
/// sends back progress and the response. Runs on the thread of its
/// `io_context`.
class bridge_client {
public:
  /// Calls `on_done` once, with the exit code of the process.
  bridge_client(boost::asio::io_context& context, bridge_options options,
                std::function<void(exit_code)> on_done);

  void start();

  /// Terminates the running tasks, then closes the link. A second call kills
  /// the tasks.
  void stop();

private:
  /// A response that may not have been written to the socket yet.
  struct kept_response {
    message_id message;
    std::string frame;
  };

  [[nodiscard]] bool is_known(const message_id& x) const;
  void on_dispatch(dispatch x);
  void start_next();
  void on_progress(const message_id& message, std::string line);
  void on_task_done(const message_id& message, task_report report);
  void respond(response x);
  void flush();
  void on_drained();
  void on_lost();
  void on_over(exit_code code);
  void resume_tasks();
  void finish_when_idle();

  boost::asio::io_context& context_;
  bridge_options options_;
  std::function<void(exit_code)> on_done_;
  child_reaper reaper_;
  bridge_link link_;
  std::deque<dispatch> waiting_;
  std::vector<std::shared_ptr<task>> running_;
  /// In order. The first `in_flight_` responses have been passed to the link.
  std::deque<kept_response> responses_;
  std::size_t in_flight_ = 0;
  bool stopping_ = false;
  std::optional<exit_code> over_;
};

} // namespace bridgekeeper::app
