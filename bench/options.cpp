#include "bench/options.hpp"

#include "bench/transport.hpp"

#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace bridgekeeper::bench {

namespace {

using target = std::variant<bool options::*, std::string options::*,
                            std::uint16_t options::*, std::uint64_t options::*>;

struct flag {
  std::string_view name;
  target where;
  std::string_view meaning;
};

static_assert(std::is_same_v<std::size_t, std::uint64_t>);

constexpr auto flags = std::to_array<flag>({
    {"--port", &options::port, "loopback port of the server"},
    {"--token", &options::token, "else VIBEFORGE_AUTH_TOKEN"},
    {"--prefix", &options::prefix, "how agent ids begin"},
    {"--server-pid", &options::server_pid, "whose CPU and memory to measure"},
    {"--agents", &options::agents, "simulated bridges"},
    {"--active", &options::active, "agents that get dispatches; 0: all"},
    {"--requesters", &options::requesters, "requesting connections"},
    {"--in-flight", &options::in_flight, "dispatches under way on each"},
    {"--count", &options::count, "units of work measured"},
    {"--warm-up", &options::warm_up, "units of work before that"},
    {"--window", &options::window, "heartbeats outstanding, or tasks taken"},
    {"--addressed", &options::addressed, "durable-redis: a stream per worker"},
    {"--width", &options::width, "handshakes under way at once"},
    {"--work-ms", &options::work_ms, "milliseconds until a bridge responds"},
    {"--work-spread-ms", &options::work_spread_ms, "by which this may vary"},
    {"--content-bytes", &options::content_bytes, "length of a task's text"},
    {"--answer-bytes", &options::answer_bytes, "length of an answer's text"},
    {"--timeout-s", &options::timeout_s, "deadline of each dispatch"},
    {"--quiet", &options::quiet, "ask for outcomes alone"},
    {"--bare", &options::bare, "the server is a bare echo"},
    {"--control", &options::control, "sse: follow one control WebSocket"},
    {"--seconds", &options::seconds, "how long idle holds and sse sends"},
    {"--rate", &options::rate, "sse: events a second in all"},
    {"--limit-s", &options::limit_s, "give up after this many seconds"},
});

template <class Number>
Number to_number(std::string_view name, std::string_view text) {
  Number out = 0;
  auto [end, code] =
      std::from_chars(text.data(), text.data() + text.size(), out);
  if (code != std::errc{} || end != text.data() + text.size())
    throw std::invalid_argument(
        std::string{name} + ": not a number I can use: " + std::string{text});
  return out;
}

const flag& find_flag(std::string_view name) {
  for (const auto& candidate : flags)
    if (candidate.name == name)
      return candidate;
  throw std::invalid_argument("unknown option " + std::string{name});
}

void assign(options& out, const flag& what, std::string_view text) {
  auto store = [&](auto member) {
    using type = std::remove_reference_t<decltype(out.*member)>;
    if constexpr (std::is_same_v<type, bool>)
      out.*member = true;
    else if constexpr (std::is_same_v<type, std::string>)
      out.*member = text;
    else
      out.*member = to_number<type>(what.name, text);
  };
  std::visit(store, what.where);
}

/// Each mode's own defaults: the sizes that its goal is stated for.
options preset(std::string mode) {
  options out;
  if (mode == "echo") {
    out.agents = 50;
    out.count = 300'000;
  } else if (mode == "storm") {
    out.agents = 3'000;
  } else if (mode == "idle") {
    out.agents = 10'000;
  } else if (mode == "sse") {
    out.seconds = 5;
  } else if (mode == "scale" || mode == "deadlines") {
    out.requesters = 10;
    out.in_flight = 16;
    out.quiet = true;
    out.count = 100'000;
  }
  if (mode == "scale") {
    out.agents = 10'000;
    out.active = 100;
  } else if (mode == "deadlines") {
    out.timeout_s = 600;
    out.warm_up = 50'000;
    out.count = 1'000'000;
  }
  out.mode = std::move(mode);
  return out;
}

void check(const options& x) {
  if (x.port == 0)
    throw std::invalid_argument("--port is needed");
  if (x.agents == 0 || x.requesters == 0 || x.in_flight == 0 || x.count == 0
      || x.window == 0 || x.width == 0 || x.rate == 0)
    throw std::invalid_argument("counts must be at least 1");
  if (x.active > x.agents)
    throw std::invalid_argument("--active must not exceed --agents");
  if (x.work_spread_ms > x.work_ms)
    throw std::invalid_argument("--work-spread-ms must not exceed --work-ms");
  if (x.work_ms > 0 && x.mode != "dispatch-ws" && x.mode != "scale"
      && x.mode != "deadlines")
    throw std::invalid_argument(
        "--work-ms is for dispatch-ws, scale and deadlines");
}

} // namespace

options parse_options(int argc, const char* const* argv) {
  if (argc < 2)
    throw std::invalid_argument("which mode?");
  auto out = preset(argv[1]);
  if (auto token = std::getenv("VIBEFORGE_AUTH_TOKEN"); token != nullptr)
    out.token = token;
  for (int i = 2; i < argc; ++i) {
    const auto& what = find_flag(argv[i]);
    if (std::holds_alternative<bool options::*>(what.where)) {
      assign(out, what, {});
      continue;
    }
    if (++i == argc)
      throw std::invalid_argument(std::string{what.name} + " needs a value");
    assign(out, what, argv[i]);
  }
  check(out);
  if (out.active == 0)
    out.active = out.agents;
  return out;
}

std::string usage() {
  std::string out = "usage: bridgekeeper_load MODE --port PORT [options]\n"
                    "modes: echo dispatch-http dispatch-ws dispatch-nats "
                    "dispatch-relay storm idle sse scale deadlines\n"
                    "       durable-redis durable-jetstream";
  out += has_postgres() ? " durable-postgres\n" : "\n";
  for (const auto& what : flags) {
    auto line = "  " + std::string{what.name};
    line.resize(20, ' ');
    out += line + std::string{what.meaning} + '\n';
  }
  return out;
}

} // namespace bridgekeeper::bench
