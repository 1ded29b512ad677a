#include "bench/bridge.hpp"
#include "bench/meter.hpp"

#include <nlohmann/json.hpp>

namespace bridgekeeper::bench {

namespace {

/// Registers all agents as fast as the server lets it.
class storm_load final : public load {
public:
  explicit storm_load(const surroundings& env)
    : env_(env), says_(env.opts), meter_(env.opts.server_pid),
      agents_(env, says_, [](bridge&, std::string_view) {}) {}

  void start() override {
    meter_.begin();
    agents_.open([this] {
      meter_.end();
      env_.io.stop();
    });
  }

  nlohmann::ordered_json result() override {
    return meter_.figures(env_.opts.agents);
  }

private:
  surroundings env_;
  messages says_;
  meter meter_;
  swarm agents_;
};

} // namespace

std::unique_ptr<load> make_storm_load(const surroundings& env) {
  return std::make_unique<storm_load>(env);
}

} // namespace bridgekeeper::bench
