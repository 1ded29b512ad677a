#pragma once

#include "domain/event.hpp"
#include "domain/result.hpp"
#include "store/dispatches/backup.hpp"
#include "store/dispatches/ballast.hpp"
#include "store/dispatches/commit_times.hpp"
#include "store/dispatches/committer.hpp"
#include "store/dispatches/inbox.hpp"
#include "store/dispatches/load.hpp"
#include "store/dispatches/outage.hpp"
#include "store/dispatches/retention.hpp"
#include "store/dispatches/status.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace bridgekeeper::store {

struct writer_options {
  connection_options file;
  /// Recorded with each start.
  std::string version = {};
  /// The identity of a store that has none yet.
  store_identity proposed = {};
  retention_limits keep = {};
  std::uint64_t ballast_bytes = std::uint64_t{32} << 20;
  /// How many of the newest events `start` loads.
  std::size_t tail = 10'000;
};

/// Where the writer's results go. All are called on the writer's thread and
/// must return quickly.
struct writer_sinks {
  /// The completions of one I/O thread, in the order of its operations.
  std::function<void(std::uint32_t thread, std::vector<completion>)> post;
  /// Events in their order, stamped. Called after their commit and before the
  /// completions of the same batch are posted.
  std::function<void(std::vector<event_ptr>)> publish;
  /// A sentence for the log.
  std::function<void(const std::string&)> warn;
  /// Closes all read-only connections and returns when they are closed, or
  /// allows them again.
  std::function<void()> close_readers;
  std::function<void()> open_readers;
  /// What the reader is busy with, for a warning; may be empty.
  std::function<std::string()> reading;
};

/// Writes the store, on a thread of its own. Operations of all threads are
/// committed together: the writer takes all that wait, commits them in one
/// transaction, hands each thread its completions, and takes what has arrived
/// meanwhile. The one rule: nothing has an effect outside of the daemon before
/// the commit that records it has succeeded.
///
/// While the store cannot write (`status::trouble`), new work is refused, what
/// follows from accepted work waits in memory, and the writer probes the store
/// each second.
class writer {
public:
  writer(writer_options options, writer_sinks sinks, status& state);

  /// Stops.
  ~writer();
  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;

  /// Opens the store and starts the thread. Blocks; `notice` is called if that
  /// may take minutes, perhaps more than once. Throws what it throws, and
  /// `open_error` if the data directory cannot hold a store; one that is
  /// damaged, or that a later version has written, only puts the writer into an
  /// outage, so that the daemon can say so instead of ending.
  [[nodiscard]] loaded_state start(const migration_notice& notice = {});

  /// Commits what waits and ends the thread. Blocks. What cannot be committed
  /// is answered `not_stored` or `unknown`.
  void stop();

  // -- any thread, after `start` ----------------------------------------------

  /// The number of a dispatch that will be stored.
  [[nodiscard]] dispatch_number next_number() noexcept {
    return dispatch_number{next_number_.fetch_add(1)};
  }

  /// Hands over operations. Their completions are posted to `thread`.
  void submit(std::uint32_t thread, std::vector<operation> operations);

  /// Called on the writer's thread with what went wrong, if anything did:
  /// `unavailable`, or `invalid_message` if the request would fail again.
  using done_function = std::function<void(const std::optional<failure>&)>;

  /// Copies the store to a new file while it is in use.
  void back_up(std::string target, done_function done);

  /// Gives the space of removed rows back to the disk. Nothing is committed
  /// meanwhile.
  void vacuum(done_function done);

  /// A reader has found damage: the writer stops, as if it had found it itself.
  /// `detail` is for the log.
  void report_damage(std::string detail);

  /// The memory of waiting operations.
  [[nodiscard]] std::size_t waiting_bytes() const noexcept;

private:
  struct backup_job {
    std::unique_ptr<running_backup> work;
    done_function done;
  };

  void run();
  void serve();
  void commit(std::vector<operation> batch);
  /// One of them cannot be stored, and must not keep the others from it.
  void commit_one_by_one(std::vector<operation> batch);
  void after_commit();
  void idle();
  void take_requests();
  void continue_backup();
  void warn_of_large_wal();
  void watch_disk(time_point now);
  void finish();
  [[nodiscard]] time_point next_wake() const;

  // -- outages (writer_outage.cpp) --------------------------------------------

  void fail(std::vector<operation> batch, const batch_result& result);
  void serve_outage();
  void recover();
  [[nodiscard]] fault reopen();
  void settle_unresolved();
  [[nodiscard]] bool commit_parked();
  void park_failed(std::vector<operation> batch, const batch_result& result);
  void end_outage();
  void give_up_parked();
  void note_trouble(fault why, const std::string& detail);

  void deliver(const std::vector<operation>& batch, batch_result result);
  void post(std::vector<completion> completions,
            const std::vector<std::uint32_t>& threads);

  writer_options options_;
  writer_sinks sinks_;
  status& status_;
  committer committer_;
  inbox inbox_;
  outage outage_;
  ballast ballast_;
  retention retention_;
  commit_times times_;
  std::optional<backup_job> backup_;
  std::int64_t epoch_ = 0;
  std::int64_t checkpointed_ = 0;
  bool must_truncate_ = false;
  bool has_warned_of_wal_ = false;
  time_point next_idle_{};
  time_point next_truncation_{};
  std::atomic<std::int64_t> next_number_{1};
  std::thread thread_;
};

} // namespace bridgekeeper::store
