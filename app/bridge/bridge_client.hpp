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
  /// Tasks that run at the same time; further ones wait in order.
  std::size_t max_tasks = 1;
};

/// A bridge: takes dispatches from its link, runs a command for each, and
/// sends back what comes of it. Runs on the thread of its `io_context`.
class bridge_client {
public:
  /// Calls `on_done` once, with what the process exits with.
  bridge_client(boost::asio::io_context& context, bridge_options options,
                std::function<void(exit_code)> on_done);

  void start();

  /// Ends the tasks that run, then the link. Called again, kills them.
  void stop();

private:
  /// A response that may not have been written yet.
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
  /// In order; the first `in_flight_` were given to the link.
  std::deque<kept_response> responses_;
  std::size_t in_flight_ = 0;
  bool stopping_ = false;
  std::optional<exit_code> over_;
};

} // namespace bridgekeeper::app
