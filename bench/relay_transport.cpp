#include "bench/messages.hpp"
#include "bench/ramp.hpp"
#include "bench/relay_route.hpp"
#include "bench/transport.hpp"
#include "bench/ws_client.hpp"

#include <deque>
#include <stdexcept>

namespace bridgekeeper::bench {

namespace {

constexpr std::string_view some_message_id =
    "6f1c1a52-8a0e-4d58-9a6e-2b1f7f0c9d11";

class relay_client final : public ws_client {
public:
  using frame_handler = std::function<void(relay_client&, std::string_view)>;

  relay_client(const surroundings& env, std::string path,
               std::function<void()> on_up, frame_handler on_frame)
    : ws_client(env.io, {std::move(path)}), on_up_(std::move(on_up)),
      on_frame_(std::move(on_frame)) {}

private:
  void on_upgraded() override {
    on_up_();
  }

  void on_message(std::string_view payload) override {
    if (payload.size() < relay_route::size)
      throw std::runtime_error("the relay sent a frame without a route");
    on_frame_(*this, payload);
  }

  std::function<void()> on_up_;
  frame_handler on_frame_;
};

class relay_transport final : public transport {
public:
  relay_transport(const surroundings& env, const messages& says,
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
    relay_route{agent, requester, slot}.append_to(scratch_);
    says_.control_dispatch(scratch_, agent, slot);
    one.add(opcode::text, scratch_);
    one.flush();
  }

private:
  void open_agent(std::size_t number) {
    auto answer = [this, number](relay_client& self, std::string_view frame) {
      scratch_ = frame.substr(0, relay_route::size);
      says_.response(scratch_, number, some_message_id);
      self.add(opcode::text, scratch_);
    };
    auto& one = agents_.emplace_back(
        env_, "/agent/" + std::to_string(number),
        [this] { agent_ramp_.one_up(); }, answer);
    one.open(env_.server());
  }

  void open_requester(std::size_t number) {
    auto take = [this, number](relay_client&, std::string_view frame) {
      done(number, relay_route::number(frame, 2).value());
    };
    auto& one = requesters_.emplace_back(
        env_, "/ctl/" + std::to_string(number),
        [this] { requester_ramp_.one_up(); }, take);
    one.open(env_.server());
  }

  surroundings env_;
  const messages& says_;
  std::string scratch_;
  std::deque<relay_client> agents_;
  std::deque<relay_client> requesters_;
  ramp agent_ramp_;
  ramp requester_ramp_;
};

} // namespace

transport_ptr make_relay_transport(const surroundings& env,
                                   const messages& says,
                                   transport::done_handler on_done) {
  return std::make_unique<relay_transport>(env, says, std::move(on_done));
}

} // namespace bridgekeeper::bench
