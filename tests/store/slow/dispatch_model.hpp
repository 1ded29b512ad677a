#pragma once

#include "store/slow/dispatch_world.hpp"

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bridgekeeper::test::modelled {

enum class defect {
  none,
  send_first,
  answer_first,
  ack_first,
  no_guard,
  no_instance,
  requeue_sent,
  no_attempt_id,
};

/// Every interleaving of one dispatch: a daemon that may be killed, one bridge
/// that may lose its link or die, a client that submits and may cancel, and a
/// timeout. What is durable is a `dispatch_life`, changed only by commits.
class model {
public:
  model(bool resumes, defect wrong, int attempts)
    : resumes_(resumes), wrong_(wrong), attempts_(attempts) {}

  /// The promise that is broken somewhere; empty if none is.
  std::string explore();

  [[nodiscard]] std::size_t states() const {
    return known_.size();
  }

private:
  // -- what the daemon does (dispatch_model_daemon.cpp) -----------------------

  void step_daemon(const world& x, int from);
  void commit(world x, int from);
  void carry_out(world x, int from);
  void hear_bridge(const world& x, int from);
  /// `heard.b` has a bit for each attempt that the bridge lists.
  void register_bridge(world& x, const item& heard) const;
  /// The bridge that had the attempt is gone.
  void lose(memory& daemon, int attempt) const;
  [[nodiscard]] retry_policy policy() const;

  // -- what the bridge does, and faults (dispatch_model_bridge.cpp) -----------

  void step_bridge(const world& x, int from);
  void connect(world x, int from);
  void step_faults(const world& x, int from);

  // -- exploration ------------------------------------------------------------

  void step(const world& x, int from);
  void visit(const world& x, int from);
  /// Whether some state leads to no end.
  [[nodiscard]] bool is_stuck() const;

  bool resumes_;
  defect wrong_;
  int attempts_;
  std::unordered_map<std::string, int> known_;
  std::vector<std::pair<int, int>> edges_;
  std::vector<int> goals_;
  std::deque<std::pair<int, world>> open_;
  std::string broken_;
};

} // namespace bridgekeeper::test::modelled
