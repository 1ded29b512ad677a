#include "bench/relay_session.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

namespace {

using namespace bridgekeeper::bench;

constexpr const char* usage =
    "usage: beast_relay [--echo | --echo-json] [--port PORT]\n"
    "Says on which loopback port it listens: {\"port\":N}\n";

struct relay_options {
  relay_mode mode = relay_mode::relay;
  unsigned short port = 0;
};

bool parse(int argc, char** argv, relay_options& out) {
  for (int i = 1; i < argc; ++i) {
    std::string_view arg = argv[i];
    if (arg == "--echo")
      out.mode = relay_mode::echo;
    else if (arg == "--echo-json")
      out.mode = relay_mode::echo_json;
    else if (arg == "--port" && i + 1 < argc)
      out.port = static_cast<unsigned short>(std::atoi(argv[++i]));
    else
      return false;
  }
  return true;
}

} // namespace

int main(int argc, char** argv) {
  relay_options opts;
  if (!parse(argc, argv, opts)) {
    std::fputs(usage, stderr);
    return 2;
  }
  try {
    boost::asio::io_context io{1};
    relay_listener listener{io, opts.mode, opts.port};
    std::printf("{\"port\":%u}\n", listener.port());
    std::fflush(stdout);
    listener.accept();
    io.run();
    return 0;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "beast_relay: %s\n", problem.what());
    return 1;
  }
}
