#include "bench/agent_work.hpp"
#include "bench/bridge.hpp"
#include "bench/control_client.hpp"
#include "bench/transport.hpp"

#include <deque>
#include <stdexcept>

namespace bridgekeeper::bench {

namespace {

class control_transport final : public transport {
public:
  control_transport(const surroundings& env, const messages& says,
                    done_handler on_done)
    : transport(std::move(on_done)), env_(env), says_(says), work_(env, says),
      agents_(env, says, work_.frame_handler()),
      ramp_(env.opts.requesters, env.opts.width,
            [this](std::size_t number) { open_requester(number); }) {}

  void open(std::function<void()> ready) override {
    agents_.open([this, ready] { ramp_.begin(ready); });
  }

  void send(std::size_t requester, std::size_t slot,
            std::size_t agent) override {
    auto& one = requesters_[requester];
    scratch_.clear();
    says_.control_dispatch(scratch_, agent, slot);
    one.add(opcode::text, scratch_);
    one.flush();
  }

private:
  void open_requester(std::size_t number) {
    auto& one = requesters_.emplace_back(
        env_, [this] { ramp_.one_up(); },
        [this, number](std::string_view frame) { take(number, frame); });
    one.open(env_.server());
  }

  void take(std::size_t requester, std::string_view frame) {
    if (frame.starts_with(R"({"type":"accepted")"))
      return;
    if (!frame.starts_with(R"({"type":"response")"))
      throw std::runtime_error("dispatch failed: " + std::string{frame});
    done(requester, number_after(frame, R"("id":")"), work_.time_of(frame));
  }

  surroundings env_;
  const messages& says_;
  std::string scratch_;
  agent_work work_;
  swarm agents_;
  std::deque<control_client> requesters_;
  ramp ramp_;
};

} // namespace

transport_ptr make_control_transport(const surroundings& env,
                                     const messages& says,
                                     transport::done_handler on_done) {
  return std::make_unique<control_transport>(env, says, std::move(on_done));
}

} // namespace bridgekeeper::bench
