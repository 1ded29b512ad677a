#include "actors/owed_outcome.hpp"

#include "net/error_boundary.hpp"

namespace bridgekeeper::actors {

owed_outcome::~owed_outcome() {
  if (order_ && !is_settled_)
    net::contain("the outcome of a dispatch", [this] {
      settle(failure{errc::internal, {}});
    });
}

void owed_outcome::report(const std::shared_ptr<const progress>& x) const {
  if (order_->wants_progress)
    pass_on(x);
}

void owed_outcome::settle(result<std::shared_ptr<const response>> x) {
  if (is_settled_)
    return;
  auto lasted = context_->deadlines.now() - started_;
  observe(context_->metrics.duration, lasted);
  auto took = std::chrono::duration_cast<std::chrono::microseconds>(lasted);
  pass_on(dispatch_outcome{order_->task.message, std::move(x), dispatched_at_,
                           took});
  is_settled_ = true;
}

void owed_outcome::pass_on(dispatch_update x) const {
  if (!order_->watched_on)
    return;
  if (*order_->watched_on == context_->index)
    context_->board.notify(x);
  else
    context_->boards.at(*order_->watched_on)->post(std::move(x));
}

} // namespace bridgekeeper::actors
