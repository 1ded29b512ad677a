#include "bench/bridge.hpp"
#include "bench/latencies.hpp"
#include "bench/meter.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <vector>

namespace bridgekeeper::bench {

namespace {

using clock = std::chrono::steady_clock;

/// Every agent keeps `--window` heartbeats outstanding.
class echo_load final : public load {
public:
  explicit echo_load(const surroundings& env)
    : env_(env), says_(env.opts), meter_(env.opts.server_pid),
      total_(env.opts.warm_up + env.opts.count),
      agents_(env, says_, [this](bridge& from, std::string_view frame) {
        take(from, frame);
      }) {
    for (std::size_t agent = 0; agent < env.opts.agents; ++agent)
      lines_.push_back({says_.heartbeat(agent),
                        std::vector<clock::time_point>(env.opts.window)});
    round_trips_.reserve(env.opts.count);
  }

  void start() override {
    agents_.open([this] { fill(); });
  }

  nlohmann::ordered_json result() override {
    auto out = meter_.figures(env_.opts.count);
    add_quantiles(out, "round_trip", round_trips_);
    return out;
  }

private:
  /// What one agent sends, and when it sent what is still to come back. Echoes
  /// of one connection arrive in order.
  struct line {
    std::string beat;
    std::vector<clock::time_point> sent_at;
    std::size_t sent = 0;
    std::size_t echoed = 0;
  };

  void fill() {
    if (env_.opts.warm_up == 0)
      meter_.begin();
    for (auto& one : agents_.bridges()) {
      for (std::size_t i = 0; i < env_.opts.window; ++i)
        send(one);
      one.flush();
    }
  }

  void send(bridge& one) {
    auto& its = lines_[one.number()];
    its.sent_at[its.sent++ % env_.opts.window] = clock::now();
    one.add(opcode::text, its.beat);
  }

  void take(bridge& from, std::string_view frame) {
    auto& its = lines_[from.number()];
    if (frame.size() != its.beat.size()
        || frame.find("heartbeat") == std::string_view::npos)
      throw std::runtime_error("expected an echo, got " + std::string{frame});
    if (++echoed_ > env_.opts.warm_up)
      round_trips_.add(clock::now()
                       - its.sent_at[its.echoed % env_.opts.window]);
    ++its.echoed;
    if (echoed_ == env_.opts.warm_up)
      meter_.begin();
    if (echoed_ == total_) {
      meter_.end();
      env_.io.stop();
    }
    send(from);
  }

  surroundings env_;
  messages says_;
  meter meter_;
  latencies round_trips_;
  std::size_t total_;
  std::size_t echoed_ = 0;
  std::vector<line> lines_;
  swarm agents_;
};

} // namespace

std::unique_ptr<load> make_echo_load(const surroundings& env) {
  return std::make_unique<echo_load>(env);
}

} // namespace bridgekeeper::bench
