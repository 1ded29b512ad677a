#include "actors/registry.hpp"

#include "actors/dispatch_shelf.hpp"
#include "actors/failure_errors.hpp"
#include "actors/store_port.hpp"
#include "actors/tell.hpp"
#include "log/log_line.hpp"
#include "net/error_boundary.hpp"

#include <caf/expected.hpp>
#include <caf/sec.hpp>

#include <utility>

namespace bridgekeeper::actors {

registry_state::~registry_state() {
  if (memory)
    for (const auto& x : agents.entries())
      memory->known_agents.push_back(x.view);
  caf::error unheard = caf::sec::request_receiver_down;
  // An exception that leaves a destructor terminates the process.
  for (auto& question : put_off)
    net::contain("a response of the registry", [&] { question(&unheard); });
  for (auto* waiting : {&contests, &held_back})
    for (auto& x : *waiting)
      net::contain("a response of the registry",
                   [&] { x.promise.deliver(unheard); });
}

template <class... Ts>
void registry_state::tell_standing(const agent_id& id, const Ts&... message) {
  if (!id.empty()) {
    if (const auto* agent = find_standing(id))
      self->send(*agent, message...);
    return;
  }
  for (const auto& x : agents.entries())
    if (x.standing)
      self->send(*x.standing, message...);
}

registry_actor::behavior_type registry_state::make_behavior() {
  return {
      [this](join_atom, const announcement_ptr& who,
             const agent_actor& handle) { return on_join(who, handle); },
      [this](announce_atom, const announcement_ptr& who,
             const agent_actor& handle,
             incarnation number) { on_announce(who, handle, number); },
      [this](announced_atom, std::size_t thread) { on_announced(thread); },
      [this](left_atom, const agent_id& id, incarnation number) {
        agents.leave(id, number, context->deadlines.now());
        forget_surplus();
      },
      [this](dispatch_atom, const dispatch_order_ptr& order) {
        return on_dispatch(order);
      },
      [this](enlist_atom, std::string& agent_name, std::string& url) {
        auto id = make_agent_id(agent_name);
        auto made = agents.enlist(std::move(id), std::move(agent_name),
                                  std::move(url), context->deadlines.now());
        if (context->store)
          context->store->submit(
              store::upsert_agent{.id = made.agent,
                                  .name = made.name,
                                  .endpoint_url = made.endpoint_url,
                                  .seen = wall_clock_now()});
        forget_surplus();
        return made;
      },
      [this](list_atom) {
        return once_recovered<agent_list>(
            [this]() -> caf::expected<agent_list> { return list(); });
      },
      [this](list_atom, const agent_query& query) {
        return once_recovered<agent_page>(
            [this, query]() -> caf::expected<agent_page> {
              forget_surplus();
              if (auto found = agents.page(query))
                return std::move(*found);
              return to_error(errc::unknown_agent);
            });
      },
      [this](find_atom, const agent_id& id) {
        return once_recovered<agent_view>(
            [this, id]() -> caf::expected<agent_view> {
              forget_surplus();
              if (auto found = agents.find(id))
                return found->view;
              return to_error(errc::unknown_agent);
            });
      },
      [this](forget_atom, const agent_id& id) { return on_forget(id); },
      [this](erase_atom, const agent_id& id, const origin& from) {
        return on_erase(id, from);
      },
      [this](report_atom, const agent_id& id) {
        return pass_on<agent_report>(id, report_atom_v);
      },
      [this](cancel_atom, const agent_id& id, const message_id& message) {
        return once_recovered<bool>(
            [this, id, message]() -> caf::expected<bool> {
              cancel_shelved(*context, message);
              tell_standing(id, cancel_atom_v, message);
              return true;
            });
      },
      [this](fetch_atom, const agent_id& id) {
        tell_standing(id, fetch_atom_v);
      },
      [this](place_atom, const agent_id& agent, const message_id& id) {
        return place_of(agent, id);
      },
      [this](evict_atom, const agent_id& id) {
        return once_recovered<bool>([this, id]() -> caf::expected<bool> {
          auto agent = lookup(id);
          if (!agent)
            return agent.error();
          self->send(*agent, leave_atom_v, errc::evicted);
          return true;
        });
      },
      [this](duty_atom, const agent_id& id, agent_duty duty) {
        return on_duty(id, duty);
      },
      [](ping_atom) { return true; },
      [this](standing_atom) {
        std::vector<agent_actor> out;
        out.reserve(agents.entries().size());
        for (const auto& x : agents.entries())
          if (x.standing)
            out.push_back(*x.standing);
        return out;
      },
  };
}

caf::result<incarnation> registry_state::on_join(const announcement_ptr& who,
                                                 const agent_actor& handle) {
  // Monitor a new agent that waits, so that its end is noticed.
  auto wait_in = [&](std::list<contest>& list) {
    if (ids.emplace(handle.address(), who->agent).second)
      self->monitor(handle);
    return list.insert(
        list.end(), {who, handle, self->make_response_promise<incarnation>()});
  };
  if (erasing.contains(who->agent))
    return wait_in(held_back)->promise;
  auto standing = find_standing(who->agent);
  // A newcomer wins, unless the id has changed hands too often recently.
  if (standing == nullptr || *standing == handle || is_same_bridge(*who)
      || !agents.rivalry_of(who->agent).note(context->deadlines.now()))
    return grant(who, handle);
  auto added = wait_in(contests);
  auto promise = added->promise;
  challenge(added);
  return promise;
}

bool registry_state::is_same_bridge(const announcement& newcomer) {
  if (newcomer.instance.empty())
    return false;
  const auto& known = agents.find(newcomer.agent)->view.announced;
  return known->instance == newcomer.instance;
}

incarnation registry_state::grant(const announcement_ptr& who,
                                  const agent_actor& handle) {
  incarnation number{++memory->incarnation};
  // The next daemon starts after the reserved numbers, so that it grants none
  // of these again.
  if (context->store && to_number(number) % 500 == 0)
    context->store->submit(store::reserve_incarnations{});
  stand(who, handle, number);
  forget_surplus();
  return number;
}

void registry_state::challenge(contest_position x) {
  auto standing = *find_standing(x->who->agent);
  self->request(standing, caf::infinite, prove_atom_v)
      .then([this, x, standing](bool alive) { on_verdict(x, standing, alive); },
            [this, x, standing](const caf::error&) {
              on_verdict(x, standing, false);
            });
}

void registry_state::on_verdict(contest_position x, const agent_actor& asked,
                                bool alive) {
  auto standing = find_standing(x->who->agent);
  auto is_here = ids.contains(x->newcomer.address());
  // The new agent joined twice, because the core was replaced in the meantime,
  // and already has the id.
  if (standing != nullptr && *standing == x->newcomer) {
    x->promise.deliver(agents.find(x->who->agent)->view.number);
    contests.erase(x);
    return;
  }
  // A third agent may have taken the id in the meantime.
  if (standing != nullptr && *standing != asked && is_here)
    return challenge(x);
  auto contested = std::move(*x);
  contests.erase(x);
  if (!is_here)
    return;
  if (standing == nullptr) {
    contested.promise.deliver(grant(contested.who, contested.newcomer));
    return;
  }
  auto before = agents.find(contested.who->agent)->view.announced;
  if (alive)
    contested.promise.deliver(to_error(errc::agent_id_in_use));
  else
    contested.promise.deliver(grant(contested.who, contested.newcomer));
  tell_conflict(*before, *contested.who, !alive);
}

void registry_state::tell_conflict(const announcement& standing,
                                   const announcement& newcomer,
                                   bool newcomer_stands) {
  // Rejected bridges may reconnect at once, so do not report each attempt.
  if (!agents.rivalry_of(standing.agent).is_news(context->deadlines.now())
      && !newcomer_stands)
    return;
  tell(*context, fact::agent_conflict{standing, newcomer, newcomer_stands});
}

caf::result<bool> registry_state::on_forget(const agent_id& id) {
  return once_recovered<bool>([this, id]() -> caf::expected<bool> {
    auto found = agents.find(id);
    if (found == nullptr)
      return to_error(errc::unknown_agent);
    if (!agents.forget(id))
      return to_error(errc::agent_still_connected);
    note_size();
    if (context->store)
      context->store->submit(store::forget_agent{id});
    return true;
  });
}

void registry_state::forget_surplus() {
  // While recovering, it is unknown which agents are disconnected.
  if (!recovering())
    agents.forget_surplus(context->agent.known, context->deadlines.now());
  note_size();
}

void registry_state::note_size() const {
  context->metrics.known_agents.store(agents.entries().size(),
                                      std::memory_order_relaxed);
}

void registry_state::on_announce(const announcement_ptr& who,
                                 const agent_actor& handle,
                                 incarnation number) {
  stand(who, handle, number);
}

void registry_state::stand(const announcement_ptr& who,
                           const agent_actor& handle, incarnation number) {
  if (ids.emplace(handle.address(), who->agent).second)
    self->monitor(handle);
  auto known = agents.find(who->agent);
  auto before = known != nullptr ? known->view.announced : nullptr;
  auto superseded = agents.stand(who, handle, number);
  note_size();
  // Before the agent learns that it is registered, so that it is never sent a
  // dispatch that it should not get.
  who->vitals->is_cordoned = agents.find(who->agent)->view.is_cordoned;
  if (superseded && *superseded != handle) {
    tell(*context, fact::agent_replaced{*before, *who});
    self->send(*superseded, leave_atom_v,
               is_return(*before, *who) ? errc::registered_again
                                        : errc::replaced);
  } else if (superseded && agents.find(who->agent)->view.number != number) {
    self->send(handle, leave_atom_v, errc::replaced);
  }
}

bool registry_state::is_return(const announcement& older,
                               const announcement& newer) {
  return !newer.instance.empty() && newer.instance == older.instance
         && !agents.rivalry_of(newer.agent).note(context->deadlines.now());
}

void registry_state::on_announced(std::size_t thread) {
  if (silent_threads.erase(thread) == 0 || recovering())
    return;
  log::info("the registry has recovered and knows {} agents",
            agents.entries().size());
  for (auto& question : std::exchange(put_off, {}))
    question(nullptr);
}

void registry_state::on_down(const caf::down_msg& down) {
  auto pos = ids.find(down.source);
  if (pos == ids.end())
    return;
  auto found = agents.find(pos->second);
  if (found != nullptr && found->standing
      && found->standing->address() == down.source) {
    // The agent did not report its end, so it died of an exception.
    tell(*context, fact::agent_died{pos->second, caf::to_string(down.reason)});
    agents.leave(pos->second, found->view.number, context->deadlines.now());
    forget_surplus();
  }
  ids.erase(pos);
}

caf::expected<agent_actor> registry_state::lookup(const agent_id& id) const {
  auto found = agents.find(id);
  if (found == nullptr)
    return to_error(errc::unknown_agent);
  if (!found->standing)
    return to_error(errc::agent_not_connected);
  return *found->standing;
}

const agent_actor* registry_state::find_standing(const agent_id& id) const {
  auto found = agents.find(id);
  return found != nullptr && found->standing ? &*found->standing : nullptr;
}

agent_list registry_state::list() {
  forget_surplus();
  auto out = std::make_shared<std::vector<agent_view>>();
  out->reserve(agents.entries().size());
  for (const auto& x : agents.entries())
    out->push_back(x.view);
  return out;
}

template <class Result, class Answer>
caf::result<Result> registry_state::once_recovered(Answer answer) {
  if (!recovering()) {
    auto value = answer();
    if (value)
      return std::move(*value);
    return std::move(value.error());
  }
  auto promise = self->make_response_promise<Result>();
  put_off.push_back([promise, answer](const caf::error* lost) mutable {
    if (lost != nullptr) {
      promise.deliver(*lost);
      return;
    }
    auto value = answer();
    if (value)
      promise.deliver(std::move(*value));
    else
      promise.deliver(std::move(value.error()));
  });
  return promise;
}

template <class Result, class... Ts>
caf::result<Result> registry_state::pass_on(const agent_id& id, Ts... message) {
  auto agent = lookup(id);
  if (agent)
    return self->delegate(*agent, std::move(message)...);
  if (!recovering())
    return std::move(agent.error());
  auto promise = self->make_response_promise<Result>();
  put_off.push_back(
      [this, promise, id, message...](const caf::error* lost) mutable {
        if (lost != nullptr)
          promise.deliver(*lost);
        else if (auto found = lookup(id))
          promise.delegate(*found, std::move(message)...);
        else
          promise.deliver(std::move(found.error()));
      });
  return promise;
}

registry_actor::behavior_type registry(registry_state::self_type* self,
                                       thread_context* context,
                                       std::shared_ptr<core_memory> memory,
                                       registry_options options) {
  self->join_statistics(context->actor_stats,
                        context->home != nullptr ? std::optional{context->index}
                                                 : std::nullopt);
  auto& state = self->state;
  state.context = context;
  state.memory = std::move(memory);
  for (auto& known : std::exchange(state.memory->known_agents, {}))
    state.agents.remember(std::move(known), context->deadlines.now());
  state.note_size();
  for (std::size_t i = 0; i < options.threads_to_hear_from; ++i)
    state.silent_threads.insert(i);
  self->set_down_handler(
      [&state](const caf::down_msg& down) { state.on_down(down); });
  return state.make_behavior();
}

} // namespace bridgekeeper::actors
