#include "app/cli/commands.hpp"
#include "app/client/agent_table.hpp"
#include "app/client/control_client.hpp"
#include "app/client/single_question.hpp"
#include "app/command_line/client_flags.hpp"
#include "app/text/utf8_text.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>
#include <memory>

namespace bridgekeeper::app {

namespace {

constexpr const char* agents_footer = R"(Examples:
  bridgekeeper agents
  bridgekeeper agents --json | jq -r '.agents[].agent_id'
  bridgekeeper agents --forget shop-1

A disconnected agent stays on the list for agents.forget_after. A connected
agent cannot be forgotten.

Exit codes: 0 done, 1 the agent is connected or unknown, 2 wrong usage, 3 the
daemon cannot be reached, 4 the token is missing or rejected.)";

/// The maximum number of task requests in flight.
constexpr std::size_t most_under_way = 256;

struct agents_flags {
  client_options client;
  bool json = false;
  std::string forget;
};

exit_code forget(const server_access& access, const std::string& agent) {
  auto confirm = [](const control_answer& x) {
    auto done = std::get_if<forgotten_answer>(&x);
    if (done == nullptr)
      return exit_code::failure;
    std::cout << "agent " << printable(done->agent_id) << " was forgotten\n";
    return exit_code::ok;
  };
  return single_question{
      access, "bridgekeeper agents",
      encode_request(protocol::control_forget{"1", agent_id{agent}}), confirm}
      .run();
}

/// Asks the daemon for its agents and, if it prints a table, for the current
/// task of each connected agent.
class agents_run {
public:
  agents_run(const server_access& access, bool as_json)
    : client_(
        context_, access,
        {[this] { client_.send(encode_request(protocol::control_list{"1"})); },
         [this](const control_answer& x, std::string_view) {
           std::visit([this](const auto& y) { on_answer(y); }, x);
         },
         [this](const control_loss& x) { on_loss(x); }}),
      as_json_(as_json) {}

  exit_code run() {
    client_.start();
    context_.run();
    return code_.value_or(exit_code::unreachable);
  }

private:
  void on_answer(const agents_answer& x) {
    if (as_json_)
      std::cout << R"({"agents":)" << printable_json(x.json) << R"(,"total":)"
                << x.total << "}\n";
    else if (x.total == 0)
      std::cerr << "No agent has connected yet. To connect one, see: "
                   "bridgekeeper bridge --help\n";
    else
      return ask_for_tasks(x.json);
    finish(exit_code::ok);
  }

  void on_answer(const task_answer& x) {
    tasks_[x.agent_id] = x;
    on_task();
  }

  void on_answer(const error_answer& x) {
    // Older daemons do not support the request for an agent's task. The table
    // is then printed without tasks.
    if (under_way_ > 0)
      return on_task();
    std::cerr << "bridgekeeper agents: " << printable(x.detail) << "\n";
    finish(exit_code::failure);
  }

  void on_answer(const auto&) {}

  void ask_for_tasks(const std::string& agents) {
    agents_ = agents;
    questions_ = connected_agents(agents);
    ask_more();
  }

  void ask_more() {
    for (; !questions_.empty() && under_way_ < most_under_way; ++under_way_) {
      client_.send(encode_request(
          protocol::control_task{"2", agent_id{std::move(questions_.back())}}));
      questions_.pop_back();
    }
    if (under_way_ > 0)
      return;
    std::cout << agent_table(agents_, wall_clock_now(), tasks_);
    finish(exit_code::ok);
  }

  void on_task() {
    --under_way_;
    ask_more();
  }

  void finish(exit_code code) {
    code_ = code;
    client_.close();
  }

  void on_loss(const control_loss& x) {
    // finish() closed the connection.
    if (code_)
      return;
    std::cerr << x.sentence << "\n";
    code_ = x.code;
  }

  boost::asio::io_context context_{1};
  control_client client_;
  bool as_json_;
  /// The daemon's list of agents, as JSON.
  std::string agents_;
  /// The agents whose tasks have yet to be requested.
  std::vector<std::string> questions_;
  std::size_t under_way_ = 0;
  agent_tasks tasks_;
  std::optional<exit_code> code_;
};

} // namespace

void add_agents(CLI::App& app, command_outcome& out) {
  auto command = app.add_subcommand("agents", "List the agents.");
  auto flags = std::make_shared<agents_flags>();
  add_client_options(*command, flags->client, "http://127.0.0.1:8000");
  add_context_option(*command, flags->client);
  command->add_flag("--json", flags->json,
                    "Print the response of GET /control/agents");
  command
      ->add_option("--forget", flags->forget,
                   "Remove a disconnected agent from the list")
      ->type_name("ID");
  command->footer(agents_footer);
  command->callback([&out, flags] {
    auto access = find_access(flags->client);
    if (!access) {
      std::cerr << "bridgekeeper agents: " << to_string(access.error()) << "\n";
      out.code = to_exit_code(access.error());
      return;
    }
    if (!flags->forget.empty()) {
      out.code = forget(*access, flags->forget);
      return;
    }
    out.code = agents_run{*access, flags->json}.run();
  });
}

} // namespace bridgekeeper::app
