#include "bench/latencies.hpp"
#include "bench/load.hpp"
#include "bench/messages.hpp"
#include "bench/meter.hpp"
#include "bench/transport.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <stdexcept>
#include <vector>

namespace bridgekeeper::bench {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

/// Keeps every slot of every requester busy until the count is reached.
class dispatch_load final : public load {
public:
  explicit dispatch_load(const surroundings& env)
    : env_(env), says_(env.opts), meter_(env.opts.server_pid),
      total_(env.opts.warm_up + env.opts.count),
      sent_at_(env.opts.requesters * env.opts.in_flight),
      transport_(make_transport()) {
    round_trips_.reserve(env.opts.count);
  }

  void start() override {
    transport_->open([this] { fill(); });
  }

  nlohmann::ordered_json result() override {
    auto out = meter_.figures(env_.opts.count);
    add_quantiles(out, "round_trip", round_trips_);
    if (env_.opts.work_ms != 0) {
      add_quantiles(out, "work", work_);
      add_quantiles(out, "beyond_work", beyond_work_);
    }
    return out;
  }

private:
  transport_ptr make_transport() {
    auto on_done = [this](std::size_t requester, std::size_t slot,
                          nanoseconds worked) {
      answered(requester, slot, worked);
    };
    const auto& mode = env_.opts.mode;
    if (mode == "dispatch-http")
      return make_http_transport(env_, says_, on_done);
    if (mode == "dispatch-ws" || mode == "scale" || mode == "deadlines")
      return make_control_transport(env_, says_, on_done);
    if (mode == "dispatch-nats")
      return make_nats_transport(env_, says_, on_done);
    if (mode == "dispatch-relay")
      return make_relay_transport(env_, says_, on_done);
    if (mode == "durable-postgres")
      return make_postgres_transport(env_, says_, on_done);
    if (mode == "durable-redis")
      return make_redis_transport(env_, says_, on_done);
    if (mode == "durable-jetstream")
      return make_jetstream_transport(env_, says_, on_done);
    throw std::invalid_argument("unknown mode " + mode);
  }

  void fill() {
    if (env_.opts.warm_up == 0)
      meter_.begin();
    for (std::size_t slot = 0; slot < env_.opts.in_flight; ++slot)
      for (std::size_t i = 0; i < env_.opts.requesters; ++i)
        send(i, slot);
  }

  void send(std::size_t requester, std::size_t slot) {
    if (sent_ == total_)
      return;
    // In turn, spread over all agents: 100 of 10 000 are every hundredth.
    const auto& opts = env_.opts;
    auto agent = sent_++ % opts.active * opts.agents / opts.active;
    sent_at(requester, slot) = clock::now();
    transport_->send(requester, slot, agent);
  }

  void answered(std::size_t requester, std::size_t slot, nanoseconds worked) {
    ++answered_;
    if (answered_ > env_.opts.warm_up)
      record(clock::now() - sent_at(requester, slot), worked);
    if (answered_ == env_.opts.warm_up)
      meter_.begin();
    if (answered_ == total_) {
      meter_.end();
      env_.io.stop();
    }
    send(requester, slot);
  }

  void record(nanoseconds took, nanoseconds worked) {
    round_trips_.add(took);
    if (env_.opts.work_ms == 0)
      return;
    work_.add(worked);
    beyond_work_.add(took - worked);
  }

  clock::time_point& sent_at(std::size_t requester, std::size_t slot) {
    return sent_at_.at(requester * env_.opts.in_flight + slot);
  }

  surroundings env_;
  messages says_;
  meter meter_;
  latencies round_trips_;
  /// Of each round trip, the part in which the agent worked, and the rest.
  latencies work_;
  latencies beyond_work_;
  std::size_t total_;
  std::size_t sent_ = 0;
  std::size_t answered_ = 0;
  std::vector<clock::time_point> sent_at_;
  transport_ptr transport_;
};

} // namespace

std::unique_ptr<load> make_dispatch_load(const surroundings& env) {
  return std::make_unique<dispatch_load>(env);
}

} // namespace bridgekeeper::bench
