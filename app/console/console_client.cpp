#include "app/console/console_client.hpp"

#include "actors/failure_errors.hpp"
#include "actors/interfaces.hpp"
#include "app/client/interrupt_watch.hpp"
#include "app/console/console_network.hpp"
#include "app/console/console_prompt.hpp"
#include "app/files/text_file.hpp"
#include "app/text/utf8_text.hpp"
#include "domain/trimmed.hpp"
#include "net/endpoint.hpp"
#include "net/server/gate.hpp"
#include "protocol/json_document.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

namespace bridgekeeper::console {

namespace {

using actors::console_actor;
using actors::console_session_actor;
using actors::console_terminal;

/// Longer than a daemon delays the rejection of a token.
constexpr auto attach_timeout = std::chrono::seconds{10};
constexpr auto command_timeout = std::chrono::seconds{30};
/// A person waits for a completion.
constexpr auto completion_timeout = std::chrono::seconds{2};
/// How often a tail checks for Ctrl-C.
constexpr auto interrupt_interval = std::chrono::milliseconds{100};

struct client_config : caf::actor_system_config {
  client_config() {
    set("scheduler.max-threads", 1);
    load<caf::io::middleman>();
    add_message_types<caf::id_block::bridgekeeper>();
  }
};

/// Whether to show events now. Events that arrive after a tail has ended are
/// not shown.
using showing_flag = std::shared_ptr<std::atomic<bool>>;

/// Prints the lines of a live tail. The response to each message asks the
/// daemon for more lines.
console_terminal::behavior_type terminal(const showing_flag& showing) {
  return {
      [showing](actors::line_atom, const std::string& lines) {
        if (*showing)
          std::cout << printable(lines) << std::flush;
        return true;
      },
  };
}

/// The operator's end of a console session.
class attached_console {
public:
  attached_console(caf::actor_system& system, console_session_actor session,
                   showing_flag showing)
    : self_(system), session_(std::move(session)),
      showing_(std::move(showing)) {
    self_->monitor(session_);
  }

  /// Whether the daemon has ended or stopped responding.
  [[nodiscard]] bool gone() const noexcept {
    return gone_;
  }

  exit_code run(const std::string& line) {
    auto outcome = exit_code::ok;
    self_->request(session_, command_timeout, actors::run_atom_v, line)
        .receive(
            [](const std::string& text) {
              std::cout << printable(text) << std::flush;
            },
            [&](const caf::error& error) { outcome = complain(error); });
    return outcome;
  }

  /// The ids that could be meant; none if the daemon does not say soon.
  std::vector<std::string> ids() {
    std::vector<std::string> out;
    self_
        ->request(session_, completion_timeout, actors::run_atom_v,
                  std::string{"ids"})
        .receive(
            [&out](const std::string& text) {
              std::istringstream lines{text};
              for (std::string line; std::getline(lines, line);)
                out.push_back(std::move(line));
            },
            [](const caf::error&) {});
    return out;
  }

  /// Prints events until the daemon ends or the operator presses Ctrl-C.
  exit_code tail(const std::string& agent) {
    interrupt_watch watch;
    *showing_ = true;
    self_->send(session_, actors::tail_atom_v, agent);
    while (!gone_ && !watch.interrupted())
      self_->receive([this](const caf::down_msg&) { gone_ = true; },
                     caf::after(interrupt_interval) >> [] {});
    *showing_ = false;
    if (gone_) {
      std::cerr << "The connection to the daemon ended.\n";
      return exit_code::failure;
    }
    self_->send(session_, actors::untail_atom_v);
    return exit_code::ok;
  }

private:
  exit_code complain(const caf::error& error) {
    if (error.category() != actors::reason_category) {
      std::cerr << "The daemon no longer responds.\n";
      gone_ = true;
      return exit_code::failure;
    }
    auto why = actors::to_failure(error);
    std::cerr << "error: " << printable(to_string(why)) << '\n';
    return why.code == errc::invalid_message ? exit_code::usage
                                             : exit_code::failure;
  }

  caf::scoped_actor self_;
  console_session_actor session_;
  showing_flag showing_;
  bool gone_ = false;
};

/// Parses `events` with or without an agent's id. Returns the id, or nothing
/// for all other commands, which the daemon parses.
std::optional<std::string> parse_tail(std::string_view line) {
  constexpr std::string_view verb = "events";
  constexpr std::string_view blanks = " \t";
  line = trimmed(line, blanks);
  if (!line.starts_with(verb))
    return std::nullopt;
  line.remove_prefix(verb.size());
  if (!line.empty() && blanks.find(line.front()) == std::string_view::npos)
    return std::nullopt;
  return std::string{trimmed(line, blanks)};
}

exit_code obey(attached_console& console, const std::string& line) {
  auto agent = parse_tail(line);
  return agent ? console.tail(*agent) : console.run(line);
}

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
    return obey(console, command);
  auto first_failure = exit_code::ok;
  prompt_for_commands(
      [&](const std::string& line) {
        auto outcome = obey(console, line);
        if (first_failure == exit_code::ok)
          first_failure = outcome;
        return !console.gone();
      },
      [&console] { return console.ids(); });
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
  auto showing = std::make_shared<std::atomic<bool>>(false);
  auto lines = system.spawn(terminal, showing);
  exit_code status{};
  // A gate that accepted the token may still lead to a daemon that is stopping.
  if (auto session = attach_over(self, *socket, lines)) {
    attached_console console{system, std::move(session), showing};
    status = converse(console, options.command);
  } else {
    status = explain(options.address, {errc::unavailable, {}});
  }
  self->send_exit(lines, caf::exit_reason::user_shutdown);
  return status;
}

} // namespace bridgekeeper::console
