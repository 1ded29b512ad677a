#include "app/console/attached_console.hpp"

#include "actors/failure_errors.hpp"
#include "app/client/event_line.hpp"
#include "app/console/console_prompt.hpp"
#include "app/text/utf8_text.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <iostream>
#include <optional>
#include <sstream>
#include <utility>

namespace bridgekeeper::console {

namespace {

constexpr caf::duration command_timeout{caf::time_unit::seconds, 30};
/// Long enough for the daemon, and short enough for a person who waits.
constexpr caf::duration completion_timeout{caf::time_unit::seconds, 2};
/// How often Ctrl-C is noticed.
constexpr auto interrupt_interval = std::chrono::milliseconds{100};

/// A command as the operator has typed it.
struct typed_command {
  /// Without the flag.
  std::string line;
  /// Whether it shows live events until it is interrupted.
  bool is_live = false;
  bool wants_json = false;
};

typed_command parse(const std::string& line) {
  typed_command out;
  std::istringstream in{line};
  for (std::string word; in >> word;) {
    if (out.line.empty())
      out.is_live = word == "events" || word == "trace";
    else if (out.is_live && word == "--json") {
      out.wants_json = true;
      continue;
    }
    out.line += (out.line.empty() ? "" : " ") + word;
  }
  return out;
}

std::string shown(const std::string& lines, event_display how) {
  if (how == event_display::json)
    return printable(lines);
  std::string out;
  std::istringstream in{lines};
  for (std::string event; std::getline(in, event);)
    out += event_line(event) + '\n';
  return out;
}

} // namespace

actors::console_terminal::behavior_type
terminal(const event_display_ptr& display) {
  return {
      [display](actors::line_atom, const std::string& lines) {
        if (auto how = display->load(); how != event_display::off)
          std::cout << shown(lines, how) << std::flush;
        return true;
      },
  };
}

attached_console::attached_console(caf::actor_system& system,
                                   actors::console_session_actor session,
                                   event_display_ptr display, bool always_json)
  : self_(system), session_(std::move(session)), display_(std::move(display)),
    always_json_(always_json) {
  self_->monitor(session_);
}

exit_code attached_console::obey(const std::string& line,
                                 const interrupt_watch* watch) {
  auto command = parse(line);
  std::optional<interrupt_watch> own;
  if (watch == nullptr && (command.is_live || prompts_a_person()))
    watch = &own.emplace();
  if (command.is_live)
    return show_live(command.line,
                     command.wants_json || always_json_ ? event_display::json
                                                        : event_display::lines,
                     *watch);
  return report(ask(actors::run_atom_v, command.line, command_timeout, watch));
}

std::vector<std::string> attached_console::complete(const std::string& line) {
  std::vector<std::string> out;
  auto found = ask(actors::complete_atom_v, line, completion_timeout, nullptr);
  std::istringstream in{found.text};
  for (std::string word; std::getline(in, word);)
    out.push_back(without_controls(word));
  return out;
}

template <class Verb>
attached_console::outcome
attached_console::ask(Verb verb, const std::string& line, caf::duration timeout,
                      const interrupt_watch* watch) {
  using kind = outcome::kind;
  auto number = ++asked_;
  // A request of this actor could not be interrupted.
  auto courier =
      self_->spawn([verb, line, timeout, number, session = session_,
                    asker = caf::actor{self_}](caf::event_based_actor* self) {
        self->request(session, timeout, verb, line)
            .then(
                [=](std::string& text) {
                  self->send(asker, actors::run_atom_v, number,
                             std::move(text));
                },
                [=](caf::error& why) {
                  self->send(asker, actors::run_atom_v, number, std::move(why));
                });
      });
  std::optional<outcome> out;
  while (!out && !gone_) {
    if (watch != nullptr && watch->interrupted())
      out = outcome{kind::interrupted};
    else
      self_->receive(
          [&](actors::run_atom, std::uint64_t which, std::string& text) {
            if (which == number)
              out = outcome{kind::answered, std::move(text)};
          },
          [&](actors::run_atom, std::uint64_t which, caf::error& why) {
            if (which == number)
              out = outcome{kind::failed, {}, std::move(why)};
          },
          [&](const caf::down_msg&) { gone_ = true; },
          caf::after(interrupt_interval) >> [] {});
  }
  self_->send_exit(courier, caf::exit_reason::user_shutdown);
  return out ? std::move(*out) : outcome{kind::gone};
}

exit_code attached_console::show_live(const std::string& line,
                                      event_display how,
                                      const interrupt_watch& watch) {
  *display_ = how;
  auto x = ask(actors::run_atom_v, line, caf::infinite, &watch);
  *display_ = event_display::off;
  if (x.what != outcome::kind::interrupted)
    return report(x);
  self_->send(session_, actors::untail_atom_v);
  if (prompts_a_person())
    std::cout << std::endl;
  return exit_code::ok;
}

exit_code attached_console::report(const outcome& x) {
  switch (x.what) {
  case outcome::kind::answered:
    std::cout << printable(x.text) << std::flush;
    return exit_code::ok;
  case outcome::kind::failed:
    return complain(x.why);
  case outcome::kind::interrupted:
    // The terminal has shown ^C.
    std::cerr << "\nNo longer waiting for the answer.\n";
    return exit_code::failure;
  case outcome::kind::gone:
    break;
  }
  std::cerr << "The connection to the daemon ended.\n";
  return exit_code::failure;
}

exit_code attached_console::complain(const caf::error& error) {
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

} // namespace bridgekeeper::console
