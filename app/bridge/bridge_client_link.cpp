#include "app/bridge/bridge_client.hpp"
#include "app/text/utf8_text.hpp"
#include "domain/count_text.hpp"
#include "log/log_line.hpp"
#include "protocol/codec.hpp"

#include <algorithm>
#include <utility>

namespace bridgekeeper::app {

bool bridge_client::speaks_1_1() const noexcept {
  return link_.protocol() == bridge_protocol::v1_1;
}

const agent_id& bridge_client::agent() const noexcept {
  return options_.link.announcement.agent;
}

void bridge_client::on_registering(registration_terms& x) {
  resume_pages_ = to_resume_pages(known_.unacknowledged());
  x.resume = std::move(resume_pages_.front());
  resume_pages_.erase(resume_pages_.begin());
  x.resume_more = !resume_pages_.empty();
}

void bridge_client::on_registered(const registered& x) {
  service_.on_change();
  if (!x.terms) {
    // A 1.0 daemon has given up the dispatches of the connection before this.
    resume_pages_.clear();
    drop_waiting();
    return flush();
  }
  flush();
  for (const auto& id : x.terms->cancelled)
    on_cancel(id, {});
  announce_drain();
}

void bridge_client::on_cancel(const message_id& message,
                              std::optional<failure_class> why) {
  auto id = printable(message.str());
  if (waiting_.take(message)) {
    log::info("dropped task {}: it was cancelled", id);
    fail(message, "cancelled", why);
    watch_deadlines();
    return finish_when_idle();
  }
  auto found =
      std::find_if(running_.begin(), running_.end(),
                   [&](const auto& x) { return x->message() == message; });
  if (found == running_.end())
    return log::debug("nothing to cancel for task {}", id);
  log::info("ending task {}: it was cancelled", id);
  (*found)->cancel(why);
}

void bridge_client::on_ack(const message_id& message) {
  if (!results_.drop(message))
    return;
  known_.set(message, known_ids::state::gone);
  finish_when_idle();
}

/// Passes what has not been sent to the link until its queue is full: the
/// results first, then the rest of the list of what the bridge has.
void bridge_client::flush() {
  auto send = [this](const std::string& frame) { return link_.send(frame); };
  if (!results_.send_rest(send))
    return;
  while (!resume_pages_.empty()
         && send(protocol::encode(resume_list{agent(), resume_pages_.front(),
                                              resume_pages_.size() > 1})))
    resume_pages_.erase(resume_pages_.begin());
}

void bridge_client::on_drained() {
  // A 1.0 daemon acknowledges nothing, so what was written counts as
  // delivered.
  if (!speaks_1_1())
    for (const auto& id : results_.drop_sent())
      known_.set(id, known_ids::state::gone);
  flush();
  resume_tasks();
  finish_when_idle();
}

void bridge_client::on_lost() {
  service_.on_change();
  // It is unknown which responses have arrived, so all are sent again.
  results_.send_all_again();
  resume_pages_.clear();
  // A 1.0 daemon has already failed or requeued the dispatches that had not
  // started.
  if (!speaks_1_1())
    drop_waiting();
  resume_tasks();
}

void bridge_client::drop_waiting() {
  auto dropped = waiting_.take_all();
  if (dropped.empty())
    return;
  log::warn("dropped {} because the connection ended",
            count_text(dropped.size(), "waiting task", "waiting tasks"));
  for (const auto& x : dropped)
    known_.forget(x.what.message);
  watch_deadlines();
  finish_when_idle();
}

void bridge_client::resume_tasks() {
  for (auto& x : running_)
    x->resume();
}

} // namespace bridgekeeper::app
