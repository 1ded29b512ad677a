#include "app/cli/commands.hpp"
#include "app/client/backoff.hpp"
#include "app/client/control_client.hpp"
#include "app/client/event_line.hpp"
#include "app/command_line/client_flags.hpp"
#include "app/text/utf8_text.hpp"
#include "domain/ids.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <csignal>
#include <iomanip>
#include <iostream>
#include <memory>

namespace bridgekeeper::app {

namespace {

constexpr const char* watch_footer = R"(Examples:
  bridgekeeper watch
  bridgekeeper watch shop-1
  bridgekeeper watch --json | jq 'select(.event_type == "agent_error")'

Runs until it is interrupted. If the connection ends, the command reconnects;
events that happen in between are not shown.

Exit codes: 0 interrupted, 1 failed at run time, 2 wrong usage, 3 the daemon
cannot be reached, 4 the token is missing or rejected.)";

struct watch_flags {
  client_options client;
  std::string agent;
  bool json = false;
};

/// Prints events until SIGINT or SIGTERM arrives.
class watch_run {
public:
  watch_run(server_access access, const watch_flags& flags)
    : access_(std::move(access)), flags_(flags) {}

  exit_code run() {
    signals_.async_wait([this](auto ec, int) {
      if (!ec)
        finish(exit_code::ok);
    });
    connect();
    context_.run();
    return code_.value_or(exit_code::ok);
  }

private:
  void connect() {
    client_ = std::make_unique<control_client>(
        context_, access_,
        control_client::handlers{
            [this] { on_open(); },
            [this](const control_answer& x, std::string_view) {
              if (!code_)
                std::visit([this](const auto& y) { on_answer(y); }, x);
            },
            [this](const control_loss& x) { on_loss(x); }});
    client_->start();
  }

  void on_open() {
    protocol::control_subscribe request{"1", {}};
    if (!flags_.agent.empty())
      request.agent = agent_id{flags_.agent};
    client_->send(encode_request(request));
  }

  void on_answer(const subscribed_answer&) {
    if (std::exchange(was_connected_, true))
      std::cerr << "Reconnected.\n";
    else
      std::cerr << "Watching "
                << (flags_.agent.empty() ? "all agents"
                                         : "agent " + flags_.agent)
                << "; press Ctrl-C to stop.\n";
    backoff_.reset();
  }

  void on_answer(const event_answer& x) {
    // Each line is flushed, so that programs in a pipe see events live.
    std::cout << (flags_.json ? printable_json(x.json) : event_line(x.json))
              << std::endl;
  }

  void on_answer(const error_answer& x) {
    std::cerr << "bridgekeeper watch: " << printable(x.detail) << "\n";
    finish(exit_code::failure);
  }

  void on_answer(const auto&) {}

  void on_loss(const control_loss& x) {
    client_.reset();
    if (code_)
      return context_.stop();
    std::cerr << x.sentence << "\n";
    // If the daemon has never answered, the address is probably wrong, so there
    // is no point in trying again.
    if (!was_connected_ || x.code == exit_code::unauthenticated)
      return finish(x.code);
    auto wait = backoff_.next(x.retry_after);
    std::cerr << "Trying again in " << std::fixed << std::setprecision(1)
              << std::chrono::duration<double>{wait}.count() << " s.\n";
    retry_.expires_after(wait);
    retry_.async_wait([this](auto ec) {
      if (!ec)
        connect();
    });
  }

  void finish(exit_code code) {
    code_ = code;
    signals_.cancel();
    retry_.cancel();
    if (client_)
      client_->close();
    else
      context_.stop();
  }

  server_access access_;
  const watch_flags& flags_;
  boost::asio::io_context context_{1};
  boost::asio::signal_set signals_{context_, SIGINT, SIGTERM};
  boost::asio::steady_timer retry_{context_};
  std::unique_ptr<control_client> client_;
  backoff backoff_;
  bool was_connected_ = false;
  std::optional<exit_code> code_;
};

exit_code run(const watch_flags& flags) {
  if (!flags.agent.empty() && !is_valid_agent_id(flags.agent)) {
    std::cerr
        << "bridgekeeper watch: \"" << flags.agent
        << "\" is not a valid agent id. List the agents with: bridgekeeper "
           "agents\n";
    return exit_code::usage;
  }
  auto access = find_access(flags.client);
  if (!access) {
    std::cerr << "bridgekeeper watch: " << to_string(access.error()) << "\n";
    return to_exit_code(access.error());
  }
  return watch_run{std::move(*access), flags}.run();
}

} // namespace

void add_watch(CLI::App& app, command_outcome& out) {
  auto command =
      app.add_subcommand("watch", "Print events of the agents, one per line.");
  auto flags = std::make_shared<watch_flags>();
  command->add_option("AGENT", flags->agent, "Show only this agent's events")
      ->type_name("");
  command->add_flag("--json", flags->json, "Print each event's JSON");
  add_client_options(*command, flags->client, "http://127.0.0.1:8000");
  add_context_option(*command, flags->client);
  command->footer(watch_footer);
  command->callback([&out, flags] { out.code = run(*flags); });
}

} // namespace bridgekeeper::app
