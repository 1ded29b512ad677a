#include "bench/bridge.hpp"
#include "bench/meter.hpp"

#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>

namespace bridgekeeper::bench {

namespace {

/// Time for the server to finish what registration began.
constexpr std::chrono::seconds settling{1};

/// Registers agents that then say nothing, and watches the server hold them.
class idle_load final : public load {
public:
  explicit idle_load(const surroundings& env)
    : env_(env), says_(env.opts), arrival_(env.opts.server_pid),
      hold_(env.opts.server_pid),
      agents_(env, says_, [](bridge&, std::string_view) {}), timer_(env.io) {}

  void start() override {
    arrival_.begin();
    agents_.open([this] { wait(settling, &idle_load::begin_hold); });
  }

  /// `server_rss_…` is the arrival's, `idle_cpu_us` what holding them cost.
  nlohmann::ordered_json result() override {
    auto count = env_.opts.agents;
    auto out = arrival_.figures(count);
    // It includes the settling: rates are the storm's to tell.
    out.erase("per_second");
    auto held = hold_.figures(count);
    if (env_.opts.server_pid != 0) {
      auto before = out["server_rss_before"].get<double>();
      auto after = out["server_rss_after"].get<double>();
      out["rss_bytes_per_agent"] =
          (after - before) / static_cast<double>(count);
      out["idle_cpu_us"] = held["server_cpu_us"];
    }
    out["idle_seconds"] = held["seconds"];
    out["idle_pings"] = agents_.pings() - pings_before_;
    return out;
  }

private:
  void wait(std::chrono::seconds time, void (idle_load::*next)()) {
    timer_.expires_after(time);
    timer_.async_wait(
        [this, next](boost::system::error_code) { (this->*next)(); });
  }

  void begin_hold() {
    arrival_.end();
    hold_.begin();
    pings_before_ = agents_.pings();
    wait(std::chrono::seconds{env_.opts.seconds}, &idle_load::end_hold);
  }

  void end_hold() {
    hold_.end();
    env_.io.stop();
  }

  surroundings env_;
  messages says_;
  meter arrival_;
  meter hold_;
  swarm agents_;
  std::size_t pings_before_ = 0;
  boost::asio::steady_timer timer_;
};

} // namespace

std::unique_ptr<load> make_idle_load(const surroundings& env) {
  return std::make_unique<idle_load>(env);
}

} // namespace bridgekeeper::bench
