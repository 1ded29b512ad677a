#include "actors/dispatch_board.hpp"

#include "net/error_boundary.hpp"

#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <utility>

namespace bridgekeeper::actors {

namespace {

const message_id& id_of(const dispatch_news& x) {
  if (auto report = std::get_if<std::shared_ptr<const progress>>(&x))
    return (*report)->message;
  return std::get<dispatch_outcome>(x).message;
}

void tell_one(dispatch_watch& watch, const dispatch_news& x) {
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

void dispatch_board::tell(const dispatch_news& x) noexcept {
  auto* watch = find(id_of(x));
  if (watch == nullptr)
    return;
  // A watch may destroy itself before its exception arrives here.
  auto owner = watch->owner();
  if (!net::contain("the requester of a dispatch",
                    [&] { tell_one(*watch, x); }))
    net::contain("the end of a requester", [&] {
      caf::anon_send_exit(owner, caf::exit_reason::unhandled_exception);
    });
}

void dispatch_board::post(dispatch_news x) {
  auto is_first = false;
  {
    std::lock_guard guard{mutex_};
    is_first = posted_.empty();
    posted_.push_back(std::move(x));
  }
  if (is_first)
    post_([this] { tell_posted(); });
}

void dispatch_board::tell_posted() {
  std::vector<dispatch_news> news;
  {
    std::lock_guard guard{mutex_};
    news.swap(posted_);
  }
  for (const auto& x : news)
    tell(x);
}

} // namespace bridgekeeper::actors
