#pragma once

#include "actors/pending_dispatch.hpp"
#include "store/dispatches/completion.hpp"

#include <caf/typed_response_promise.hpp>

#include <utility>

namespace bridgekeeper::actors {

/// A dispatch that was admitted and is being recorded, with the answer that its
/// requester is owed. It outlives the actor that admitted it.
class unrecorded_dispatch {
public:
  using promise_type = caf::typed_response_promise<acceptance>;

  unrecorded_dispatch(thread_context& context, bridge_identity who,
                      pending_dispatch entry, acceptance accepted,
                      promise_type promise)
    : context_(context), who_(std::move(who)), entry_(std::move(entry)),
      started_(entry_.outcome.started()), accepted_(std::move(accepted)),
      promise_(std::move(promise)) {}

  [[nodiscard]] thread_context& context() const noexcept {
    return context_;
  }

  [[nodiscard]] const bridge_identity& who() const noexcept {
    return who_;
  }

  [[nodiscard]] pending_dispatch& entry() noexcept {
    return entry_;
  }

  /// The dispatch waits, rather than being sent at once.
  [[nodiscard]] bool is_queued() const noexcept {
    return entry_.life.state() == dispatch_state::queued;
  }

  /// Why it waits, if it does; otherwise its agent is not connected.
  void waits_because(fact::queue_cause why) noexcept {
    cause_ = why;
  }

  /// Gives the dispatch its row. Requires a store.
  [[nodiscard]] store::insert_dispatch make_operation();

  /// Whether the dispatch is on record and goes on. If not, the requester is
  /// told why, and what was reserved is given back.
  [[nodiscard]] bool conclude(const store::completion& done);

  /// States what has happened, once it is on record.
  void tell();

  /// Answers the requester; only the first call has an effect.
  void accept();
  void refuse(const failure& why);

private:
  thread_context& context_;
  bridge_identity who_;
  pending_dispatch entry_;
  /// Kept for when the entry has gone on.
  time_point started_;
  acceptance accepted_;
  promise_type promise_;
  fact::queue_cause cause_ = fact::queue_cause::not_connected;
  bool is_answered_ = false;
};

/// Whether a bridge could take the frame of this dispatch; a failure if not.
[[nodiscard]] result<std::string> encode_frame(const dispatch& task);

} // namespace bridgekeeper::actors
