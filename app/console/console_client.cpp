#include "app/console/console_client.hpp"

#include "actors/failure_errors.hpp"
#include "actors/interfaces.hpp"
#include "app/console/attached_console.hpp"
#include "app/console/console_network.hpp"
#include "app/console/console_prompt.hpp"
#include "app/files/text_file.hpp"
#include "app/text/utf8_text.hpp"
#include "net/endpoint.hpp"
#include "net/server/gate.hpp"
#include "protocol/json_document.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <iostream>
#include <memory>

namespace bridgekeeper::console {

namespace {

using actors::console_actor;
using actors::console_session_actor;
using actors::console_terminal;

/// Longer than a daemon delays the rejection of a token.
constexpr auto attach_timeout = std::chrono::seconds{10};

struct client_config : caf::actor_system_config {
  client_config() {
    set("scheduler.max-threads", 1);
    load<caf::io::middleman>();
    add_message_types<caf::id_block::bridgekeeper>();
  }
};

exit_code explain(const std::string& address, const failure& why) {
  if (why.code != errc::unavailable) {
    std::cerr << "The console at " << address
              << " rejects the token: " << printable(to_string(why))
              << ".\nSet BRIDGEKEEPER_TOKEN, or name the daemon's directory "
                 "with --data-dir DIR.\n";
    return exit_code::unauthenticated;
  }
  std::cerr << "Cannot reach a console at " << address
            << ". Is bridgekeeper serve running, without --console off?\n";
  return exit_code::unreachable;
}

/// Asks for a session at the other end of `socket`; null if there is no
/// response.
console_session_actor attach_over(caf::scoped_actor& self, int socket,
                                  const console_terminal& lines) {
  console_session_actor out;
  if (auto door = find_over(self, socket, attach_timeout))
    self->request(*door, attach_timeout, actors::attach_atom_v, lines)
        .receive([&](console_session_actor& opened) { out = opened; },
                 [](const caf::error&) {});
  return out;
}

/// Runs the commands of the operator. For a script, returns the exit code of
/// the first command that fails. On a terminal, failures are only shown.
exit_code converse(attached_console& console, const std::string& command) {
  if (!command.empty())
    return console.obey(command);
  auto first_failure = exit_code::ok;
  prompt_for_commands(
      {[&](const std::string& line, const interrupt_watch* watch) {
         auto outcome = console.obey(line, watch);
         if (first_failure == exit_code::ok)
           first_failure = outcome;
         return !console.gone();
       },
       [&](const std::string& line) { return console.complete(line); }});
  if (console.gone())
    return exit_code::failure;
  return prompts_a_person() ? exit_code::ok : first_failure;
}

} // namespace

result<std::string> find_console(const std::string& address,
                                 const std::string& data_dir) {
  if (!address.empty())
    return address;
  auto text = read_text_file(data_dir + "/daemon.json").value_or("");
  auto file = protocol::parse_json_document(text);
  if (!file.is_object() || !file.contains("console"))
    return "127.0.0.1:8001";
  if (file["console"].is_string())
    return file["console"].get<std::string>();
  return failure{
      errc::unavailable,
      "The daemon of " + data_dir
          + " has no console (--console off). Start it with a console, or name "
            "another console with --console HOST:PORT."};
}

exit_code run_console(const console_client_options& options) {
  auto where = net::parse_endpoint(options.address);
  if (!where) {
    std::cerr << "--console: " << to_string(where.error()) << '\n';
    return exit_code::usage;
  }
  auto socket =
      net::pass_gate(*where, console_greeting, options.token, attach_timeout);
  if (!socket)
    return explain(options.address, socket.error());
  client_config config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  auto display =
      std::make_shared<std::atomic<event_display>>(event_display::off);
  auto lines = system.spawn(terminal, display);
  exit_code status{};
  // A gate that accepted the token may still lead to a daemon that is stopping.
  if (auto session = attach_over(self, *socket, lines)) {
    attached_console console{system, std::move(session), display, options.json};
    status = converse(console, options.command);
  } else {
    status = explain(options.address, {errc::unavailable, {}});
  }
  self->send_exit(lines, caf::exit_reason::user_shutdown);
  return status;
}

} // namespace bridgekeeper::console
