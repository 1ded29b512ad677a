#include "bench/bridge.hpp"

#include <memory>
#include <stdexcept>
#include <utility>

namespace bridgekeeper::bench {

bridge::bridge(const surroundings& env, const messages& says,
               std::size_t number, const frame_handler& on_frame,
               std::function<void()> on_up)
  : ws_client(env.io, {"/ws/agent-bridge"}), says_(says), number_(number),
    bare_(env.opts.bare), on_frame_(on_frame), on_up_(std::move(on_up)) {}

void bridge::on_upgraded() {
  if (bare_) {
    registered_ = true;
    return on_up_();
  }
  add(opcode::text, says_.registration(number_));
}

void bridge::on_message(std::string_view payload) {
  if (registered_)
    return on_frame_(*this, payload);
  if (payload.find(R"("type":"registered")") == std::string_view::npos)
    throw std::runtime_error("expected registered, got "
                             + std::string{payload.substr(0, 200)});
  registered_ = true;
  on_up_();
}

swarm::swarm(const surroundings& env, const messages& says,
             bridge::frame_handler on_frame)
  : env_(env), says_(says), on_frame_(std::move(on_frame)),
    ramp_(env.opts.agents, env.opts.width,
          [this](std::size_t) { open_one(); }) {}

void swarm::open_one() {
  auto& one = bridges_.emplace_back(env_, says_, bridges_.size(), on_frame_,
                                    [this] { ramp_.one_up(); });
  one.open(env_.server());
}

std::size_t swarm::pings() const {
  std::size_t out = 0;
  for (const auto& one : bridges_)
    out += one.pings();
  return out;
}

bridge::frame_handler answer_dispatches(const messages& says) {
  auto scratch = std::make_shared<std::string>();
  return [&says, scratch](bridge& self, std::string_view frame) {
    if (!frame.starts_with(R"({"type":"dispatch")"))
      return;
    scratch->clear();
    says.response(*scratch, self.number(),
                  text_after(frame, R"("message_id":")"));
    self.add(opcode::text, *scratch);
  };
}

} // namespace bridgekeeper::bench
