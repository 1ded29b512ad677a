// Cordon, drain and uncordon: what operators want of agents.

#include "actors/failure_errors.hpp"
#include "actors/registry.hpp"
#include "actors/store_port.hpp"
#include "net/error_boundary.hpp"

#include <caf/typed_response_promise.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace bridgekeeper::actors {

/// One request. Answers it when the last change is on record, or cannot be:
/// then the last reference is gone.
struct registry_state::duty_round {
  explicit duty_round(caf::typed_response_promise<std::uint64_t> promise)
    : to(std::move(promise)) {}

  duty_round(const duty_round&) = delete;
  duty_round& operator=(const duty_round&) = delete;

  ~duty_round() {
    net::contain("a response of the registry", [this] {
      why ? to.deliver(to_error(*why)) : to.deliver(count);
    });
  }

  caf::typed_response_promise<std::uint64_t> to;
  std::uint64_t count = 0;
  std::optional<failure> why = {};
};

caf::result<std::uint64_t> registry_state::on_duty(const agent_id& id,
                                                   agent_duty duty) {
  auto promise = self->make_response_promise<std::uint64_t>();
  auto carry_out = [this, promise, id, duty](const caf::error* lost) mutable {
    if (lost != nullptr) {
      promise.deliver(*lost);
      return;
    }
    if (!id.empty() && agents.find(id) == nullptr) {
      promise.deliver(to_error(errc::unknown_agent));
      return;
    }
    auto round = std::make_shared<duty_round>(promise);
    if (!id.empty())
      return assign(*agents.find(id), duty, round);
    for (const auto& x : agents.entries())
      assign(x, duty, round);
  };
  if (recovering())
    put_off.emplace_back(std::move(carry_out));
  else
    carry_out(nullptr);
  return promise;
}

void registry_state::assign(const roster<agent_actor>::entry& x,
                            agent_duty duty,
                            const std::shared_ptr<duty_round>& round) {
  auto is_cordoned = duty != agent_duty::working;
  auto is_news = agents.cordon(x.view.agent, is_cordoned);
  auto is_ended = duty == agent_duty::draining && x.standing;
  round->count += is_news || is_ended ? 1 : 0;
  if (x.standing) {
    x.view.announced->vitals->is_cordoned = is_cordoned;
    self->send(*x.standing, duty_atom_v, duty);
  }
  if (!is_news || !context->store)
    return;
  auto seen = x.view.announced ? x.view.announced->connected_at : timestamp{};
  context->store->submit(
      store::upsert_agent{
          .id = x.view.agent, .cordoned = is_cordoned, .seen = seen},
      [round](const store::completion& done) {
        if (done.what != store::outcome::not_stored)
          return;
        auto why = to_failure(done);
        round->why = failure{why.code, "This applies, but only until the "
                                       "daemon ends, because it could not be "
                                       "recorded: "
                                           + to_string(why)};
      });
}

} // namespace bridgekeeper::actors
