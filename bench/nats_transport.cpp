#include "bench/messages.hpp"
#include "bench/nats_client.hpp"
#include "bench/ramp.hpp"
#include "bench/transport.hpp"

#include <deque>

namespace bridgekeeper::bench {

namespace {

/// What a bridge would be given to answer under; NATS needs none.
constexpr std::string_view some_message_id =
    "6f1c1a52-8a0e-4d58-9a6e-2b1f7f0c9d11";

std::string inbox(std::size_t requester) {
  return "_INBOX." + std::to_string(requester) + '.';
}

class nats_transport final : public transport {
public:
  nats_transport(const surroundings& env, const messages& says,
                 done_handler on_done)
    : transport(std::move(on_done)), env_(env), says_(says),
      agent_ramp_(env.opts.agents, env.opts.width,
                  [this](std::size_t number) { open_agent(number); }),
      requester_ramp_(env.opts.requesters, env.opts.width,
                      [this](std::size_t number) { open_requester(number); }) {}

  void open(std::function<void()> ready) override {
    agent_ramp_.begin([this, ready] { requester_ramp_.begin(ready); });
  }

  void send(std::size_t requester, std::size_t slot,
            std::size_t agent) override {
    auto& one = requesters_[requester];
    scratch_.clear();
    says_.control_dispatch(scratch_, agent, slot);
    one.publish("agent." + std::to_string(agent),
                inbox(requester) + std::to_string(slot), scratch_);
    one.flush();
  }

private:
  void open_agent(std::size_t number) {
    auto answer = [this, number](nats_client& self, const nats_message& asked) {
      scratch_.clear();
      says_.response(scratch_, number, some_message_id);
      self.publish(asked.reply, {}, scratch_);
    };
    auto& one = agents_.emplace_back(
        env_, "agent." + std::to_string(number),
        [this] { agent_ramp_.one_up(); }, answer);
    one.open(env_.server());
  }

  void open_requester(std::size_t number) {
    auto take = [this, number](nats_client&, const nats_message& answer) {
      auto slot = answer.subject.substr(answer.subject.rfind('.') + 1);
      done(number, number_after(slot, ""));
    };
    auto& one = requesters_.emplace_back(
        env_, inbox(number) + '*', [this] { requester_ramp_.one_up(); }, take);
    one.open(env_.server());
  }

  surroundings env_;
  const messages& says_;
  std::string scratch_;
  std::deque<nats_client> agents_;
  std::deque<nats_client> requesters_;
  ramp agent_ramp_;
  ramp requester_ramp_;
};

} // namespace

transport_ptr make_nats_transport(const surroundings& env, const messages& says,
                                  transport::done_handler on_done) {
  return std::make_unique<nats_transport>(env, says, std::move(on_done));
}

} // namespace bridgekeeper::bench
