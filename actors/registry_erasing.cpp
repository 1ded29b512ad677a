// Erasing agents on behalf of an operator.

#include "actors/event_journal.hpp"
#include "actors/failure_errors.hpp"
#include "actors/registry.hpp"
#include "actors/store_port.hpp"
#include "actors/tell.hpp"

#include <caf/typed_response_promise.hpp>

#include <memory>
#include <utility>

namespace bridgekeeper::actors {

namespace {

/// The store has nothing of the agent any more, nor has the registry.
void forget_erased(thread_context& context, const agent_id& id,
                   const origin& from) {
  context.journal->forget(id, {});
  tell(context, fact::agent_erased{id, from});
}

/// Why the store has not erased the agent.
failure why_not(const store::completion& x) {
  switch (x.what) {
  case store::outcome::refused:
    return {errc::not_ended, "The agent has dispatches that have not ended. "
                             "Cancel them first"};
  case store::outcome::came_late:
    return {errc::unknown_agent, {}};
  default:
    return to_failure(x);
  }
}

} // namespace

caf::result<bool> registry_state::on_erase(const agent_id& id,
                                           const origin& from) {
  auto promise = self->make_response_promise<bool>();
  auto carry_out = [this, promise, id,
                    from](const caf::error* lost) mutable -> void {
    if (lost != nullptr) {
      promise.deliver(*lost);
      return;
    }
    if (find_standing(id) != nullptr) {
      promise.deliver(to_error(errc::agent_still_connected));
      return;
    }
    if (!context->store) {
      auto is_gone = on_erased(id, store::outcome::came_late);
      if (is_gone)
        forget_erased(*context, id, from);
      is_gone ? promise.deliver(true)
              : promise.deliver(to_error(errc::unknown_agent));
      return;
    }
    // The end of one erasure lets new agents in, which another would erase.
    if (!erasing.insert(id).second) {
      promise.deliver(
          to_error({errc::unavailable, "The agent is already being erased"}));
      return;
    }
    if (!anchor)
      anchor = std::make_shared<registry_state*>(this);
    context->store->submit(
        store::erase_agent{id},
        [&here = *context, weak = std::weak_ptr{anchor}, promise, id,
         from](const store::completion& x) mutable {
          auto registry = weak.lock();
          auto is_gone = registry ? (*registry)->on_erased(id, x.what)
                                  : x.what == store::outcome::applied;
          if (is_gone)
            forget_erased(here, id, from);
          // If the outcome is unknown, the requester is told at once, and the
          // final outcome follows.
          if (!promise.pending())
            return;
          is_gone ? promise.deliver(true)
                  : promise.deliver(to_error(why_not(x)));
        });
  };
  if (recovering())
    put_off.emplace_back(std::move(carry_out));
  else
    carry_out(nullptr);
  return promise;
}

bool registry_state::on_erased(const agent_id& id, store::outcome what) {
  if (what == store::outcome::unknown)
    return false;
  erasing.erase(id);
  // One that was only listed may never have been recorded.
  auto is_known = agents.find(id) != nullptr;
  auto is_gone = what == store::outcome::applied
                 || (what == store::outcome::came_late && is_known);
  if (is_gone && is_known) {
    agents.forget(id);
    note_size();
  }
  admit_held_back(id);
  return is_gone;
}

void registry_state::admit_held_back(const agent_id& id) {
  for (auto i = held_back.begin(); i != held_back.end();) {
    if (i->who->agent != id) {
      ++i;
      continue;
    }
    auto x = std::move(*i);
    i = held_back.erase(i);
    if (ids.contains(x.newcomer.address()))
      x.promise.deliver(grant(x.who, x.newcomer));
  }
}

} // namespace bridgekeeper::actors
