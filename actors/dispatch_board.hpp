#pragma once

#include "actors/payloads.hpp"
#include "domain/keyed_hash.hpp"

#include <boost/unordered/unordered_flat_set.hpp>
#include <caf/actor_addr.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <type_traits>
#include <variant>
#include <vector>

namespace bridgekeeper::actors {

class dispatch_board;

/// Follows one dispatch for its requester. Lives on the requester's thread,
/// from before the dispatch is requested until the watch is destroyed.
class dispatch_watch {
public:
  dispatch_watch(dispatch_board& board, message_id id);

  dispatch_watch(const dispatch_watch&) = delete;
  dispatch_watch& operator=(const dispatch_watch&) = delete;

  virtual ~dispatch_watch();

  [[nodiscard]] const message_id& id() const noexcept {
    return id_;
  }

  /// The actor that ends if one of the functions below throws.
  [[nodiscard]] virtual caf::actor_addr owner() const = 0;

  /// The bridge has reported progress. This call may precede the answer to the
  /// dispatch request, because the answer is a message and takes longer.
  virtual void on_progress(const progress& x) = 0;

  /// The dispatch has ended; no other call follows. This call may also precede
  /// the answer. The implementation may destroy the watch.
  virtual void on_outcome(const dispatch_outcome& x) = 0;

private:
  friend class dispatch_board;

  dispatch_board& board_;
  message_id id_;
  std::size_t hash_;
};

/// What an agent reports to the watch of a dispatch.
using dispatch_update =
    std::variant<std::shared_ptr<const progress>, dispatch_outcome>;

/// The watches of one I/O thread, by the ids of their dispatches. An agent
/// refers to a watch only by the thread's index and the dispatch id, so neither
/// side depends on the other's lifetime. Only that thread calls the board,
/// except for `post`.
class dispatch_board {
public:
  /// Runs a task on the thread of the board, never within the call.
  using poster = std::function<void(std::function<void()>)>;

  explicit dispatch_board(poster post) : post_(std::move(post)) {}

  dispatch_board(const dispatch_board&) = delete;
  dispatch_board& operator=(const dispatch_board&) = delete;

  /// The watch of this dispatch, or null.
  [[nodiscard]] dispatch_watch* find(const message_id& id) const;

  /// Passes an update to the watch within the call. An exception in the watch
  /// ends the watch's owner and does not reach the caller. An update without a
  /// watch is dropped.
  void notify(const dispatch_update& x) noexcept;

  /// Like `notify`, but after this call has returned, and in order. Any thread.
  void post(dispatch_update x);

private:
  friend class dispatch_watch;

  struct id_hash {
    using is_transparent = void;
    using is_avalanching = void;

    std::size_t operator()(const message_id& x) const noexcept {
      return static_cast<std::size_t>(keyed_hash(x.str()));
    }

    std::size_t operator()(const dispatch_watch* x) const noexcept {
      return x->hash_;
    }
  };

  struct id_equal {
    using is_transparent = void;

    bool operator()(const dispatch_watch* x,
                    const dispatch_watch* y) const noexcept {
      return x->id() == y->id();
    }

    bool operator()(const message_id& x,
                    const dispatch_watch* y) const noexcept {
      return x == y->id();
    }
  };

  void notify_posted();

  poster post_;
  boost::unordered_flat_set<dispatch_watch*, id_hash, id_equal> watches_;
  std::mutex mutex_;
  // The mutex guards the following two.
  std::vector<dispatch_update> posted_;
  /// `notify_posted` will run.
  bool is_scheduled_ = false;
};

} // namespace bridgekeeper::actors
