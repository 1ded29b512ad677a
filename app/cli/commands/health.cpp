#include "app/cli/commands.hpp"
#include "app/client/client_options.hpp"
#include "app/client/daemon_call.hpp"
#include "app/command_line/client_flags.hpp"
#include "app/command_line/help_format.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <iostream>
#include <memory>
#include <string>

namespace bridgekeeper::app {

namespace {

constexpr const char* health_footer =
    R"(For health checks of containers and monitors: needs no token, and takes at
most 10 s. Prints the daemon's response, which names the problem if there is
one.

Examples:
  bridgekeeper health
  bridgekeeper health --url http://127.0.0.1:8000 >/dev/null || echo trouble
  bridgekeeper health --live

Exit codes: 0 the daemon accepts bridges and dispatches (with --live: it
responds), 1 it does not, 2 wrong usage, 3 it cannot be reached or does not
respond in time.)";

constexpr std::chrono::seconds health_timeout{5};

struct health_flags {
  client_options client;
  bool live = false;
};

exit_code report_silence(const net::http_reply& reply,
                         const std::string& server) {
  auto loss = explain_loss(reply, server);
  std::cerr << "bridgekeeper health: "
            << (loss ? loss->sentence : "no response from " + server) << "\n";
  return loss ? loss->code : exit_code::unreachable;
}

exit_code run(const health_flags& flags) {
  auto fail = [](const failure& why) {
    std::cerr << "bridgekeeper health: " << to_string(why) << "\n";
    return to_exit_code(why);
  };
  auto address = find_server(flags.client.url, flags.client.data_dir);
  if (!address)
    return fail(address.error());
  auto tls = find_tls(flags.client, *address);
  if (!tls)
    return fail(tls.error());
  net::http_call_options call;
  call.server = address->server;
  call.target = address->target(flags.live ? "/livez" : "/readyz");
  call.tls = *tls;
  call.connect_timeout = health_timeout;
  call.response_timeout = health_timeout;
  auto reply = net::get_json(std::move(call));
  if (reply.status == 0)
    return report_silence(reply, to_string(address->server));
  std::cout << reply.text << "\n";
  return reply.status == 200 ? exit_code::ok : exit_code::failure;
}

} // namespace

void add_health(CLI::App& app, command_outcome& out) {
  auto command =
      app.add_subcommand("health", "Check whether the daemon is ready.");
  auto flags = std::make_shared<health_flags>();
  auto& client = flags->client;
  command
      ->add_option("--url", client.url,
                   wrap_help("Address of the daemon, or unix:PATH. Default: "
                             "$BRIDGEKEEPER_URL, otherwise DIR/daemon.json, "
                             "otherwise http://127.0.0.1:8000"))
      ->type_name("URL");
  command
      ->add_option("--data-dir", client.data_dir, "The daemon's data directory")
      ->type_name("DIR")
      ->envname("BRIDGEKEEPER_SERVER_DATA_DIR")
      ->capture_default_str();
  add_tls_options(*command, client);
  command->add_flag("--live", flags->live,
                    wrap_help("Check only whether the daemon responds, not "
                              "whether it accepts work"));
  command->footer(health_footer);
  command->callback([&out, flags] { out.code = run(*flags); });
}

} // namespace bridgekeeper::app
