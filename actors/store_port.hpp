#pragma once

#include "actors/store_deliveries.hpp"
#include "domain/result.hpp"
#include "store/dispatches/dispatch_store.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace bridgekeeper::actors {

/// The store, as one I/O thread uses it. Collects the operations of a turn of
/// the thread's loop, hands them to the writer together, and keeps what must
/// follow each of them until the writer has committed it. Operations that
/// follow from commits are handed over at once. What follows belongs to the
/// thread, not to an actor, which may have ended by then. Only that thread
/// calls this class.
class store_port {
public:
  /// Runs a task on the thread of the port, never within the call.
  using poster = std::function<void(std::function<void()>)>;

  /// What follows an operation. Called once; if the outcome is `unknown`, once
  /// more with the final one.
  using sequel = std::function<void(const store::completion&)>;

  /// Both must outlive the port. `level` is the daemon's: `full` or `commit`.
  store_port(store::dispatch_store& all, const store_deliveries& deliveries,
             store::durability level, std::size_t thread, poster post);

  store_port(const store_port&) = delete;
  store_port& operator=(const store_port&) = delete;

  /// The number for a dispatch that is about to be stored.
  [[nodiscard]] store::dispatch_number next_number() noexcept {
    return all_.writer().next_number();
  }

  /// Stores something of which nothing follows.
  void submit(store::operation_body x);

  /// Stores something, then calls `then`, unless the process ends before that.
  /// An exception of `then` is logged. `level` is what the dispatch asks for;
  /// if unset, the daemon's applies.
  void submit(store::operation_body x, sequel then,
              std::optional<durability> level = std::nullopt);

  /// The writer has committed operations of this thread, or could not.
  void complete(const std::vector<store::completion>& x);

  /// The number of operations of which something has yet to follow.
  [[nodiscard]] std::size_t unfinished() const noexcept {
    return sequels_.size();
  }

  /// The memory of what waits, of all threads: operations to be stored, and
  /// events to be published.
  [[nodiscard]] std::size_t waiting_bytes() const noexcept {
    return all_.writer().waiting_bytes() + deliveries_.waiting_bytes();
  }

  /// For queries. Answers arrive on the reader's thread; see `post`.
  [[nodiscard]] store::reader& reader() noexcept {
    return all_.reader();
  }

  /// For backups and the like, which report on the writer's thread.
  [[nodiscard]] store::writer& writer() noexcept {
    return all_.writer();
  }

  [[nodiscard]] const store::status& state() const noexcept {
    return all_.state();
  }

  /// Runs `x` on the thread of the port. Any thread.
  void post(std::function<void()> x) const {
    post_(std::move(x));
  }

private:
  void add(store::operation x);
  void flush();

  store::dispatch_store& all_;
  const store_deliveries& deliveries_;
  store::durability level_;
  std::uint32_t thread_;
  poster post_;
  std::vector<store::operation> outbox_;
  bool is_flush_posted_ = false;
  std::uint64_t last_token_ = 0;
  boost::unordered_flat_map<std::uint64_t, sequel> sequels_;
};

/// The reason for which a store in trouble refuses a dispatch.
[[nodiscard]] errc to_errc(store::fault x) noexcept;

/// What a requester is told if the store could not record its dispatch.
[[nodiscard]] failure to_failure(const store::completion& x);

} // namespace bridgekeeper::actors
