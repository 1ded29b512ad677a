#include "app/client/console_client.hpp"

#include "actors/caf_compat.hpp"
#include "actors/interfaces.hpp"
#include "app/client/console_prompt.hpp"
#include "net/endpoint.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <iostream>
#include <optional>
#include <string_view>

namespace bridgekeeper::app {

namespace {

using actors::console_actor;
using actors::console_session_actor;
using actors::console_terminal;

constexpr auto attach_timeout = std::chrono::seconds{10};
constexpr auto command_timeout = std::chrono::seconds{30};

struct client_config : caf::actor_system_config {
  client_config() {
    set("scheduler.max-threads", 1);
    load<caf::io::middleman>();
    add_message_types<caf::id_block::bridgekeeper>();
  }
};

/// Prints the lines of a live tail as they come.
console_terminal::behavior_type terminal() {
  return {
      [](actors::line_atom, const std::string& line) {
        std::cout << line << std::endl;
      },
  };
}

/// The operator's end of a console session.
class attached_console {
public:
  attached_console(caf::actor_system& system, console_session_actor session)
    : self_(system), session_(std::move(session)) {
    self_->monitor(session_);
  }

  /// Returns false if the daemon is gone.
  [[nodiscard]] bool run(const std::string& line) {
    auto fine = true;
    self_->request(session_, command_timeout, actors::run_atom_v, line)
        .receive(
            [](const std::string& text) { std::cout << text << std::flush; },
            [&](const caf::error&) {
              std::cerr << "The daemon does not answer any more.\n";
              fine = false;
            });
    return fine;
  }

  /// Prints events until the daemon or the operator ends it.
  void tail(const std::string& agent) {
    self_->send(session_, actors::tail_atom_v, agent);
    self_->receive(
        [](const caf::down_msg&) { std::cerr << "The daemon is gone.\n"; });
  }

private:
  caf::scoped_actor self_;
  console_session_actor session_;
};

/// `events` alone, or with an agent's id; the rest is the daemon's to parse.
std::optional<std::string> parse_tail(std::string_view line) {
  constexpr std::string_view verb = "events";
  constexpr std::string_view blanks = " \t";
  auto first = line.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return std::nullopt;
  line.remove_prefix(first);
  if (!line.starts_with(verb))
    return std::nullopt;
  line.remove_prefix(verb.size());
  if (!line.empty() && blanks.find(line.front()) == std::string_view::npos)
    return std::nullopt;
  auto start = line.find_first_not_of(blanks);
  if (start == std::string_view::npos)
    return std::string{};
  auto end = line.find_last_not_of(blanks);
  return std::string{line.substr(start, end - start + 1)};
}

/// One command; false when there is nothing more to talk to.
bool obey(attached_console& console, const std::string& line) {
  if (auto agent = parse_tail(line)) {
    console.tail(*agent);
    return false;
  }
  return console.run(line);
}

exit_code explain(const std::string& address, const caf::error& error) {
  auto why = actors::to_failure(error);
  if (error.category() == actors::reason_category) {
    std::cerr << "The console at " << address
              << " refuses the token: " << to_string(why)
              << ".\nSet BRIDGEKEEPER_TOKEN, or name the daemon's directory "
                 "with --data-dir DIR.\n";
    return exit_code::unauthenticated;
  }
  std::cerr << "Cannot reach a console at " << address
            << ". Is bridgekeeper serve running, and not with --console off?\n";
  return exit_code::unreachable;
}

} // namespace

std::string find_console(const std::string& address,
                         const std::string& data_dir) {
  if (!address.empty())
    return address;
  std::ifstream in{data_dir + "/daemon.json"};
  auto file = nlohmann::json::parse(in, nullptr, false);
  if (file.is_object() && file.contains("console")
      && file["console"].is_string())
    return file["console"].get<std::string>();
  return "127.0.0.1:8001";
}

exit_code run_console(const console_client_options& options) {
  auto where = net::parse_endpoint(options.address);
  if (!where) {
    std::cerr << "--console: " << to_string(where.error()) << '\n';
    return exit_code::usage;
  }
  client_config config;
  caf::actor_system system{config};
  auto door =
      system.middleman().remote_actor<console_actor>(where->host, where->port);
  if (!door)
    return explain(options.address, door.error());
  caf::scoped_actor self{system};
  auto lines = system.spawn(terminal);
  console_session_actor session;
  std::optional<exit_code> refused;
  self->request(*door, attach_timeout, actors::attach_atom_v, options.token,
                lines)
      .receive([&](console_session_actor& opened) { session = opened; },
               [&](const caf::error& error) {
                 refused = explain(options.address, error);
               });
  if (!refused) {
    attached_console console{system, session};
    auto act = [&](const std::string& line) { return obey(console, line); };
    if (options.command.empty())
      prompt_for_commands(act);
    else if (!act(options.command))
      refused = exit_code::failure;
  }
  self->send_exit(lines, caf::exit_reason::user_shutdown);
  return refused.value_or(exit_code::ok);
}

} // namespace bridgekeeper::app
