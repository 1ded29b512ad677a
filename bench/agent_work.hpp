#pragma once

#include "bench/bridge.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>

namespace bridgekeeper::bench {

/// The work of all simulated agents. A bridge responds to a dispatch
/// `--work-ms` after it has received it, give or take up to
/// `--work-spread-ms`. It works on any number of dispatches at once. One timer
/// is enough for all bridges.
class agent_work {
public:
  agent_work(const surroundings& env, const messages& says);

  /// What bridges do with the frames they get. Refers to this object, unless
  /// bridges respond at once.
  [[nodiscard]] bridge::frame_handler frame_handler();

  /// How long the bridge really worked on the dispatch whose `response` a
  /// requester has received: the timer may have been late. Zero if bridges
  /// respond at once. Throws `std::runtime_error` if no bridge worked on it.
  [[nodiscard]] std::chrono::nanoseconds time_of(std::string_view response);

private:
  using clock = std::chrono::steady_clock;

  struct item {
    bridge* by;
    std::string message_id;
    clock::time_point began;
  };

  void begin(bridge& by, std::string_view frame);

  [[nodiscard]] clock::duration next_length();

  void await_first();

  void end_due();

  void respond(const item& done);

  const messages& says_;
  std::chrono::nanoseconds length_;
  std::chrono::nanoseconds spread_;
  /// Starts with the same seed in each run.
  std::minstd_rand random_;
  boost::asio::steady_timer timer_;
  /// By the time at which it ends.
  std::multimap<clock::time_point, item> under_way_;
  /// Of dispatches whose response has not reached the requester.
  std::unordered_map<std::string, std::chrono::nanoseconds> times_;
  std::string scratch_;
};

} // namespace bridgekeeper::bench
