#include "actors/dispatch_board.hpp"

#include "net/error_boundary.hpp"

#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <utility>

namespace bridgekeeper::actors {

namespace {

const message_id& id_of(const dispatch_update& x) {
  if (auto report = std::get_if<std::shared_ptr<const progress>>(&x))
    return (*report)->message;
  return std::get<dispatch_outcome>(x).message;
}

void notify_one(dispatch_watch& watch, const dispatch_update& x) {
  if (auto report = std::get_if<std::shared_ptr<const progress>>(&x))
    watch.on_progress(**report);
  else
    watch.on_outcome(std::get<dispatch_outcome>(x));
}

} // namespace

dispatch_watch::dispatch_watch(dispatch_board& board, message_id id)
  : board_(board), id_(std::move(id)), hash_(dispatch_board::id_hash{}(id_)) {
  board_.watches_.insert(this);
}

dispatch_watch::~dispatch_watch() {
  // Another watch may have taken the id first.
  auto pos = board_.watches_.find(id_);
  if (pos != board_.watches_.end() && *pos == this)
    board_.watches_.erase(pos);
}

dispatch_watch* dispatch_board::find(const message_id& id) const {
  auto pos = watches_.find(id);
  return pos != watches_.end() ? *pos : nullptr;
}

void dispatch_board::notify(const dispatch_update& x) noexcept {
  auto* watch = find(id_of(x));
  if (watch == nullptr)
    return;
  // A watch may destroy itself before its exception arrives here.
  auto owner = watch->owner();
  if (!net::contain("the requester of a dispatch",
                    [&] { notify_one(*watch, x); }))
    net::contain("the end of a requester", [&] {
      caf::anon_send_exit(owner, caf::exit_reason::unhandled_exception);
    });
}

void dispatch_board::post(dispatch_update x) {
  {
    std::lock_guard guard{mutex_};
    posted_.push_back(std::move(x));
    if (std::exchange(is_scheduled_, true))
      return;
  }
  try {
    post_([this] { notify_posted(); });
  } catch (...) {
    // The next call tries again, for this update as well.
    std::lock_guard guard{mutex_};
    is_scheduled_ = false;
    throw;
  }
}

void dispatch_board::notify_posted() {
  std::vector<dispatch_update> news;
  {
    std::lock_guard guard{mutex_};
    news.swap(posted_);
    is_scheduled_ = false;
  }
  for (const auto& x : news)
    notify(x);
}

} // namespace bridgekeeper::actors
