#include "bench/load.hpp"

#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <stdexcept>

namespace {

using namespace bridgekeeper::bench;

std::unique_ptr<load> make_load(const surroundings& env) {
  const auto& mode = env.opts.mode;
  if (mode == "echo")
    return make_echo_load(env);
  if (mode == "storm")
    return make_storm_load(env);
  if (mode == "idle")
    return make_idle_load(env);
  if (mode == "sse")
    return make_sse_load(env);
  return make_dispatch_load(env);
}

/// Runs one load to its end and prints its figures.
void run(const options& opts) {
  boost::asio::io_context io{1};
  auto subject = make_load({opts, io});
  boost::asio::steady_timer limit{io, std::chrono::seconds{opts.limit_s}};
  limit.async_wait([&opts](boost::system::error_code) {
    throw std::runtime_error("not done after " + std::to_string(opts.limit_s)
                             + " s (--limit-s)");
  });
  subject->start();
  io.run();
  auto figures = subject->result();
  figures["mode"] = opts.mode;
  std::puts(figures.dump().c_str());
}

} // namespace

int main(int argc, char** argv) {
  options opts;
  try {
    opts = parse_options(argc, argv);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "%s\n%s", problem.what(), usage().c_str());
    return 2;
  }
  try {
    run(opts);
    return 0;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "bridgekeeper_load %s: %s\n", opts.mode.c_str(),
                 problem.what());
    return 1;
  }
}
