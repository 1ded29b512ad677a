// To whom the registry passes dispatches on.

#include "actors/dispatch_shelf.hpp"
#include "actors/failure_errors.hpp"
#include "actors/registry.hpp"

#include <caf/typed_response_promise.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bridgekeeper::actors {

namespace {

/// How many cordoned agents a refused dispatch names.
constexpr std::size_t max_named_agents = 3;

} // namespace

template <class HandOn>
std::optional<caf::error>
registry_state::hand_over(const dispatch_order_ptr& order,
                          HandOn hand_on) const {
  if (order->task.agent.empty())
    return route(order, hand_on);
  auto found = agents.find(order->task.agent);
  if (found == nullptr)
    return to_error(errc::unknown_agent);
  if (found->standing)
    hand_on(*found->standing, dispatch_atom_v, order);
  else if (order->options.queue_timeout)
    hand_on(context->core.dispatcher, dispatch_atom_v, order,
            describe(found->view));
  else
    return to_error(errc::agent_not_connected);
  return std::nullopt;
}

std::string registry_state::why_none_is_able(
    const std::vector<std::string>& required) const {
  std::string named;
  std::size_t count = 0;
  for (const auto& x : agents.entries()) {
    if (!x.standing || !x.view.is_cordoned
        || !covers(*x.view.announced, required))
      continue;
    if (++count <= max_named_agents)
      named += (count > 1 ? ", " : "") + x.view.agent.str();
  }
  if (count == 0)
    return "No connected agent has the required capabilities and labels";
  if (count > max_named_agents)
    named += " and " + std::to_string(count - max_named_agents) + " more";
  return "No agent with the required capabilities and labels takes new "
         "dispatches. Cordoned: "
         + named
         + ". Use `bridgekeeper uncordon ID` to let an agent work again";
}

template <class HandOn>
std::optional<caf::error> registry_state::route(const dispatch_order_ptr& order,
                                                HandOn hand_on) const {
  const roster<agent_actor>::entry* best = nullptr;
  auto load_of = [](const auto& x) {
    return x.view.announced->vitals->load.load(std::memory_order_relaxed);
  };
  for (const auto& x : agents.entries())
    if (x.standing && takes_work(*x.view.announced->vitals)
        && covers(*x.view.announced, order->require)
        && (best == nullptr || load_of(x) < load_of(*best)))
      best = &x;
  if (best != nullptr) {
    // The agent will count it itself; until then it must not look idle.
    best->view.announced->vitals->load.fetch_add(1, std::memory_order_relaxed);
    auto routed = std::make_shared<dispatch_order>(*order);
    routed->task.agent = best->view.agent;
    hand_on(*best->standing, dispatch_atom_v,
            dispatch_order_ptr{std::move(routed)});
  } else if (order->options.queue_timeout && !recovering()) {
    hand_on(context->core.dispatcher, dispatch_atom_v, order, describe({}));
  } else {
    return to_error(
        failure{errc::agent_not_connected, why_none_is_able(order->require)});
  }
  return std::nullopt;
}

caf::result<acceptance>
registry_state::on_dispatch(const dispatch_order_ptr& order) {
  auto promise = self->make_response_promise<acceptance>();
  auto hand_on = [promise](const auto& whom, auto... message) mutable {
    promise.delegate(whom, std::move(message)...);
  };
  auto refusal = hand_over(order, hand_on);
  if (!refusal)
    return promise;
  if (!recovering()) {
    promise.deliver(std::move(*refusal));
    return promise;
  }
  put_off.push_back(
      [this, promise, order, hand_on](const caf::error* lost) mutable {
        if (lost != nullptr)
          promise.deliver(*lost);
        else if (auto why = hand_over(order, hand_on))
          promise.deliver(std::move(*why));
      });
  return promise;
}

announcement_ptr registry_state::describe(const agent_view& agent) const {
  if (agent.announced)
    return agent.announced;
  auto out = std::make_shared<announcement>();
  out->agent = agent.agent;
  out->session = context->control_session;
  return out;
}

caf::result<std::uint64_t> registry_state::place_of(const agent_id& agent,
                                                    const message_id& id) {
  if (auto count = context->shelf->count_before(id, context->deadlines.now()))
    return std::uint64_t{*count};
  if (const auto* standing = find_standing(agent))
    return self->delegate(*standing, place_atom_v, id);
  return to_error(errc::unknown_dispatch);
}

} // namespace bridgekeeper::actors
