#include "app/metrics/metrics_text.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cmath>
#include <memory>
#include <sstream>
#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::metrics;

namespace {

/// A daemon with two I/O threads and a store, of which nothing has happened
/// yet.
struct quiet_daemon {
  quiet_daemon() {
    from.threads.resize(2);
    for (std::size_t i = 0; i < 2; ++i) {
      from.threads[i].counts = &counts.at(i);
      from.threads[i].labelled = &labelled.at(i);
      from.threads[i].loop_lag = &lags.at(i);
    }
    from.store = {&store_state, 0};
    from.listener = listener;
  }

  [[nodiscard]] bool shows(const std::string& line) const {
    std::istringstream in{metrics_text(from)};
    for (std::string found; std::getline(in, found);)
      if (found == line)
        return true;
    return false;
  }

  std::array<counters, 2> counts;
  std::array<thread_metrics, 2> labelled;
  std::array<net::io_thread::lag_histogram, 2> lags;
  store::status store_state;
  std::shared_ptr<net::listener_counts> listener =
      std::make_shared<net::listener_counts>();
  metric_sources from;
};

} // namespace

TEST_CASE("each metric has a help text, a type and a sample") {
  quiet_daemon daemon;
  std::istringstream in{metrics_text(daemon.from)};
  std::string help;
  std::string type;
  std::size_t samples = 1;
  for (std::string line; std::getline(in, line);) {
    CAPTURE(line);
    if (line.starts_with("# HELP ")) {
      CHECK(samples > 0);
      samples = 0;
      help = line.substr(7, line.find(' ', 7) - 7);
      CHECK(line.size() > 7 + help.size() + 1);
    } else if (line.starts_with("# TYPE ")) {
      CHECK(line.substr(7, line.find(' ', 7) - 7) == help);
      type = line.substr(line.rfind(' ') + 1);
      CHECK((type == "counter") == help.ends_with("_total"));
    } else {
      CHECK(line.starts_with(help));
      ++samples;
    }
  }
  CHECK(samples > 0);
}

TEST_CASE("the counters of all threads are added up") {
  quiet_daemon daemon;
  ++daemon.counts[0].dispatches;
  ++daemon.counts[1].dispatches;
  daemon.labelled[0].count_end(dispatch_state::timed_out);
  daemon.labelled[1].count_end(dispatch_state::timed_out);
  daemon.labelled[1].bridge_closes.count(errc::heartbeat_timeout);
  daemon.labelled[1].received.count(frame_kind::progress, 40);
  daemon.from.threads[0].census.busy = 3;
  daemon.from.threads[1].census.busy = 4;
  CHECK(daemon.shows("bridgekeeper_dispatches_accepted_total 2"));
  CHECK(daemon.shows(
      R"(bridgekeeper_dispatches_ended_total{outcome="timed_out"} 2)"));
  CHECK(daemon.shows(R"(bridgekeeper_closes_total{peer="bridge",)"
                     R"(reason="heartbeat_timeout"} 1)"));
  CHECK(daemon.shows(R"(bridgekeeper_frame_bytes_total{peer="bridge",)"
                     R"(direction="received",type="progress"} 40)"));
  CHECK(daemon.shows(R"(bridgekeeper_agents{state="busy"} 7)"));
}

TEST_CASE("a reason that has not occurred is shown only if it is usual") {
  quiet_daemon daemon;
  CHECK(daemon.shows(
      R"(bridgekeeper_closes_total{peer="bridge",reason="evicted"} 0)"));
  auto unusual =
      R"(bridgekeeper_closes_total{peer="bridge",reason="too_large"})";
  CHECK(metrics_text(daemon.from).find(unusual) == std::string::npos);
  daemon.labelled[0].bridge_closes.count(errc::too_large);
  CHECK(daemon.shows(unusual + std::string{" 1"}));
}

TEST_CASE("a histogram is cumulative and in seconds") {
  quiet_daemon daemon;
  using std::chrono::milliseconds;
  observe(daemon.labelled[0].queue_wait, milliseconds{1});
  observe(daemon.labelled[1].queue_wait, milliseconds{3});
  observe(daemon.labelled[1].queue_wait, std::chrono::hours{4});
  const std::string name = "bridgekeeper_dispatch_queue_wait_seconds";
  auto text = metrics_text(daemon.from);
  auto value_at = [&](double bound) {
    std::istringstream in{text};
    auto start = name + "_bucket{le=\"";
    for (std::string line; std::getline(in, line);)
      if (line.starts_with(start)
          && std::abs(std::stod(line.substr(start.size())) - bound)
                 < bound / 1000)
        return std::stoi(line.substr(line.rfind(' ')));
    return -1;
  };
  CHECK(value_at(0.0008) == 0);
  CHECK(value_at(0.0016) == 1);
  CHECK(value_at(0.0032) == 2);
  CHECK(value_at(0.0064) == 2);
  CHECK(daemon.shows(name + "_bucket{le=\"+Inf\"} 3"));
  CHECK(daemon.shows(name + "_count 3"));
}

TEST_CASE("agents that no thread has are disconnected") {
  quiet_daemon daemon;
  daemon.labelled[0].known_agents = 10;
  daemon.from.threads[1].census.idle = 6;
  daemon.from.threads[1].census.cordoned = 1;
  CHECK(daemon.shows(R"(bridgekeeper_agents{state="disconnected"} 3)"));
  // The registry has yet to hear of the last ones.
  daemon.from.threads[1].census.idle = 20;
  CHECK(daemon.shows(R"(bridgekeeper_agents{state="disconnected"} 0)"));
}

TEST_CASE("a daemon without a store shows no metrics of one") {
  quiet_daemon daemon;
  daemon.from.store.reset();
  CHECK(metrics_text(daemon.from).find("bridgekeeper_store_")
        == std::string::npos);
}

TEST_CASE("a core actor is shown even while it does not run") {
  quiet_daemon daemon;
  daemon.from.actors["registry"] = {1, 5, 2};
  CHECK(daemon.shows(R"(bridgekeeper_mailbox_messages{actor="registry"} 5)"));
  CHECK(
      daemon.shows(R"(bridgekeeper_actor_restarts_total{actor="registry"} 2)"));
  CHECK(daemon.shows(R"(bridgekeeper_actors{actor="event-hub"} 0)"));
}
