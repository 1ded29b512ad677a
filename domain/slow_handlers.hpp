#pragma once

#include "domain/timestamp.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper {

/// An actor that took long to handle a message.
struct slow_handler {
  std::string actor;
  std::uint64_t id = 0;
  /// What the actor stands for, such as an agent's id; empty: nothing more than
  /// its name says.
  std::string subject;
  /// Index of its I/O thread; unset: CAF's worker pool.
  std::optional<std::size_t> thread;
  /// What the message is called: the text of its atom.
  std::string message;
  std::chrono::microseconds took{};
  /// When the handler returned.
  timestamp at{};
};

/// The newest slow handlers of each thread, so that a busy thread does not
/// displace those of the others. Thread-safe: handlers are rarely slow, so the
/// lock is rarely taken.
class slow_handlers {
public:
  /// A handler that takes at least this long is slow: all sockets of the thread
  /// wait meanwhile.
  static constexpr std::chrono::milliseconds threshold{1};

  /// How many are remembered of each thread; the worker pool is one of them.
  static constexpr std::size_t per_thread = 64;

  void note(slow_handler x);

  /// Newest first.
  [[nodiscard]] std::vector<slow_handler> rows() const;

  /// How many were slow, including those that are no longer remembered.
  [[nodiscard]] std::uint64_t total() const;

private:
  mutable std::mutex mutex_;
  std::map<std::optional<std::size_t>, std::deque<slow_handler>> newest_;
  std::uint64_t total_ = 0;
};

} // namespace bridgekeeper
