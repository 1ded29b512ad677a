#pragma once

#include "app/client/client_options.hpp"
#include "app/text/quantity.hpp"
#include "protocol/control_codec.hpp"

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace bridgekeeper::app {

/// The flags and arguments of `bridgekeeper dispatch`.
struct dispatch_flags {
  client_options client;
  /// The arguments as given. With --require, the first one is the task.
  std::optional<std::string> first;
  std::optional<std::string> second;
  /// Both from the arguments. The agent is empty with --require.
  std::string agent;
  std::string text;
  /// The values of --context as given: JSON objects and names of saved
  /// contexts, which cannot begin with a brace.
  std::vector<std::string> contexts;
  std::string context = "{}";
  /// Nothing if --key was not given.
  std::optional<std::string> key;
  /// 0 if not given.
  seconds timeout{0};
  seconds queue_timeout{0};
  seconds total_timeout{0};
  /// The most attempts; nothing if --retry was not given.
  std::optional<unsigned> retry;
  /// Words and capabilities separated by commas.
  std::optional<std::string> retry_on;
  std::optional<std::string> require;
  std::optional<seconds> backoff;
  std::string priority = "normal";
  std::optional<std::string> durability;
  std::optional<std::string> followup;
  /// From --traceparent or the environment.
  std::optional<std::string> traceparent;
  std::optional<std::string> tracestate;
  bool wait = false;
  bool json = false;
};

/// Binds all of them to `out`, which must live until `app` has parsed the
/// command line.
void add_dispatch_flags(CLI::App& app, dispatch_flags& out);

/// Sets `agent` and `text`. Throws `CLI::ParseError` if there are too few or
/// too many arguments.
void sort_arguments(dispatch_flags& flags);

/// Makes the request, or says which flag is wrong.
[[nodiscard]] result<protocol::control_dispatch>
make_request(const dispatch_flags& flags);

} // namespace bridgekeeper::app
