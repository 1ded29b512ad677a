#include "bench/event_followers.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace bridgekeeper::bench {

event_followers::event_followers(const surroundings& env, const messages& says,
                                 sse_subscriber::event_handler on_event)
  : env_(env), says_(says), on_event_(std::move(on_event)),
    ramp_(env.opts.agents, env.opts.width,
          [this](std::size_t agent) { open_stream(agent); }) {}

void event_followers::open(std::function<void()> ready) {
  if (env_.opts.control)
    open_control(std::move(ready));
  else
    ramp_.begin(std::move(ready));
}

void event_followers::open_stream(std::size_t agent) {
  auto& one = streams_.emplace_back(
      env_, says_.agent_name(agent), [this] { ramp_.one_up(); }, on_event_);
  one.open(env_.server());
}

void event_followers::open_control(std::function<void()> ready) {
  auto subscribe = [this] {
    control_->add(opcode::text, R"({"type":"subscribe","id":"all"})");
  };
  auto take = [this, ready = std::move(ready)](std::string_view frame) {
    if (frame.starts_with(R"({"type":"subscribed")"))
      ready();
    else if (frame.starts_with(R"({"type":"event")"))
      on_event_(frame);
    else
      throw std::runtime_error("subscribe failed: " + std::string{frame});
  };
  control_ = std::make_unique<control_client>(env_, subscribe, take);
  control_->open(env_.server());
}

} // namespace bridgekeeper::bench
