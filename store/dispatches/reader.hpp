#pragma once

#include "domain/time_point.hpp"
#include "store/dispatches/connection.hpp"
#include "store/dispatches/queries.hpp"
#include "store/dispatches/status.hpp"

#include <SQLiteCpp/Database.h>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

namespace bridgekeeper::store {

/// Why a query has no answer.
enum class read_failure : std::uint8_t {
  none,
  /// Too many queries wait.
  overloaded,
  /// The query took longer than 250 ms.
  timed_out,
  /// The store cannot be read: see `status::trouble`.
  unavailable,
};

template <class T>
struct answer {
  /// Set unless `why` says why not.
  std::optional<T> value;
  read_failure why = read_failure::none;
  /// Until this is destroyed, the reader counts the answer as not taken.
  std::shared_ptr<const void> place = {};
};

/// Answers queries for what is not in memory, on a thread of its own with a
/// read-only connection. I/O threads never touch the store: they ask, and the
/// callback, which runs on the reader's thread and must return quickly, posts
/// the answer to them. A query sees everything whose completion was posted
/// before it started. Answers may be large, so the reader pauses while several
/// of them have not been destroyed.
class reader {
public:
  static constexpr std::size_t max_waiting = 1'000;
  /// Enough to keep both the reader and the I/O threads busy.
  static constexpr std::size_t max_untaken = 4;
  static constexpr std::chrono::milliseconds time_limit{250};

  template <class T>
  using callback = std::function<void(answer<T>)>;

  reader(connection_options file, status& state);

  /// Ends the thread. Queries that wait are answered `unavailable`.
  ~reader();
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;

  // -- any thread -------------------------------------------------------------

  void list(dispatch_filter filter, callback<dispatch_page> done);

  void find(message_id id, callback<std::optional<dispatch_row>> done);

  void history(message_id id, callback<std::optional<dispatch_details>> done);

  void known_key(std::string scope, std::string key,
                 callback<std::optional<key_use>> done);

  void short_id(std::string text, callback<short_id_match> done);

  void events(stream_name which, std::uint64_t after, std::size_t limit,
              callback<past_events> done);

  /// See `list_events`.
  void events(message_id dispatch, std::uint64_t after, std::size_t max_bytes,
              callback<std::optional<past_events>> done);

  /// What the thread is busy with, in words; empty if it is idle.
  [[nodiscard]] std::string busy_with() const;

  // -- the writer's thread ----------------------------------------------------

  /// Ends the current query, closes the connection and returns.
  void suspend();

  void resume();

private:
  struct query {
    const char* what = "";
    /// With null, answers with the failure.
    std::function<void(SQLite::Database*, read_failure)> run;
  };

  /// Work is a function of the connection that returns a `T`.
  template <class T, class Work>
  void ask(const char* what, Work work, callback<T> done);

  /// What answers refer to, too: they may outlive the reader.
  struct shared_state {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t untaken = 0;
  };

  /// A place for an answer.
  [[nodiscard]] std::shared_ptr<const void> take_place();
  void add(query x);
  void run();
  void serve(query x);
  [[nodiscard]] bool open() noexcept;

  connection_options file_;
  status& status_;
  std::shared_ptr<shared_state> shared_ = std::make_shared<shared_state>();
  std::deque<query> waiting_;
  bool is_suspended_ = false;
  bool is_closed_ = true;
  bool must_end_ = false;
  const char* busy_with_ = "";
  time_point busy_since_{};
  /// Tells the query in progress to end.
  std::atomic<bool> must_interrupt_{false};
  // Only the reader's thread uses these.
  std::unique_ptr<SQLite::Database> db_;
  time_point deadline_{};
  std::thread thread_;
};

} // namespace bridgekeeper::store
