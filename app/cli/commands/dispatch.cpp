#include "app/cli/commands.hpp"
#include "app/client/cancellation.hpp"
#include "app/client/control_client.hpp"
#include "app/client/dispatch_report.hpp"
#include "app/client/interrupt_note.hpp"
#include "app/client/record_request.hpp"
#include "app/client/result_inquiry.hpp"
#include "app/client/saved_context.hpp"
#include "app/text/help_format.hpp"
#include "app/text/utf8_text.hpp"
#include "domain/ids.hpp"
#include "domain/utf8.hpp"
#include "protocol/json_document.hpp"
#include "protocol/task_content.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper::app {

namespace {

constexpr const char* dispatch_footer = R"(Examples:
  bridgekeeper dispatch shop-1 'Add a test for the cart'
  bridgekeeper dispatch shop-1 --wait 'Which files are in src?'
  git diff | bridgekeeper dispatch reviewer - --wait --timeout 20m
  bridgekeeper dispatch shop-1 'Fix it' --context '{"issue":17}' --json
  bridgekeeper dispatch shop-1 'Publish 1.4' --key publish-1.4 --wait

Without --wait, the command prints the message_id once the agent has the task,
for `bridgekeeper result`. With --wait, progress goes to standard error and the
answer to standard output. Some progress is omitted if it arrives faster than
it can be shown.

Ctrl-C ends the wait, and the dispatch continues. On a terminal, the command
then asks whether to cancel the dispatch as well.

With --key, a task is sent only once: if the same command is repeated within 24
hours, nothing is sent, and the command is about the first dispatch. The daemon
must have a store.

Exit codes: 0 done, 1 failed at run time, 2 wrong usage, 3 the daemon cannot be
reached, 4 the token is missing or rejected, 5 the dispatch was refused or ended
in an error, 6 timed out.)";

struct dispatch_flags {
  client_options client;
  std::string agent;
  std::string text;
  /// The values of --context as given: JSON objects and names of saved
  /// contexts, which cannot begin with a brace.
  std::vector<std::string> contexts;
  std::string context = "{}";
  /// Nothing if --key was not given.
  std::optional<std::string> key;
  seconds timeout{0};
  bool wait = false;
  bool json = false;
};

/// Sends one dispatch and prints its outcome. The connection may end before the
/// answer arrives, usually because progress arrives faster than the terminal
/// shows it. The answer is then fetched over a new connection.
class dispatch_run {
public:
  dispatch_run(const server_access& access, const dispatch_flags& flags)
    : access_(access), flags_(flags),
      client_(context_, access,
              {[this] { on_open(); },
               [this](const control_answer& x, std::string_view frame) {
                 frame_ = frame;
                 if (!code_)
                   std::visit([this](const auto& y) { on_answer(y); }, x);
               },
               [this](const control_loss& x) { on_loss(x); }}) {}

  exit_code run() {
    client_.start();
    context_.run();
    if (code_)
      return *code_;
    if (is_repeated_ && !flags_.wait)
      return report_repeat();
    return result_inquiry{
        access_, {message_, true, flags_.json}, std::move(display_)}
        .run();
  }

private:
  void on_open() {
    protocol::control_dispatch request;
    request.id = "1";
    request.agent = agent_id{flags_.agent};
    request.body.content = flags_.text;
    request.body.context = json_object{flags_.context};
    request.body.idempotency_key = flags_.key.value_or("");
    if (flags_.timeout > seconds{0})
      request.body.options.timeout =
          std::chrono::ceil<std::chrono::milliseconds>(flags_.timeout);
    client_.send(encode_request(request));
  }

  void on_answer(const accepted_answer& x) {
    message_ = x.message_id;
    if (flags_.wait)
      return show_progress("dispatched to " + flags_.agent + " as "
                           + x.message_id);
    if (flags_.json)
      std::cout << printable_json(frame_) << "\n";
    else
      std::cout << printable(x.message_id) << "\n";
    finish(exit_code::ok);
  }

  /// The answer to a repeated key, instead of an acceptance.
  void on_answer(const record_answer& x) {
    repeat(x.message_id);
  }

  void on_answer(const progress_answer& x) {
    display_.on_progress(x);
  }

  void on_answer(const response_answer& x) {
    if (flags_.json)
      std::cout << printable_json(frame_) << "\n";
    else
      display_.on_answer(x.content);
    finish(x.error ? report_failed_task(flags_.agent, *x.error)
                   : exit_code::ok);
  }

  void on_answer(const error_answer& x) {
    // The dispatch with this key is older than the daemon.
    if (x.code == token(errc::unknown_dispatch) && flags_.key
        && !x.message_id.empty())
      return repeat(x.message_id);
    if (flags_.json)
      std::cout << printable_json(frame_) << "\n";
    auto code = report_error(flags_.agent, !message_.empty(), x);
    if (x.code == token(errc::content_too_long))
      std::cerr << "The text has "
                << count_code_points(protocol::strip(flags_.text))
                << " characters; the limit is dispatch.max_content_chars in "
                   "the daemon's configuration.\n";
    finish(code);
  }

  void on_answer(const auto&) {}

  /// Continues with the dispatch that was sent with the same key before.
  void repeat(const std::string& id) {
    message_ = id;
    is_repeated_ = true;
    std::cerr << "Nothing was sent: the key belongs to dispatch "
              << printable(id) << ".\n";
    note_.cancel();
    client_.close();
  }

  [[nodiscard]] exit_code report_repeat() const {
    if (!flags_.json) {
      std::cout << printable(message_) << "\n";
      return exit_code::ok;
    }
    auto found = find_record(access_, message_);
    if (auto record = std::get_if<record_answer>(&found)) {
      std::cout << printable_json(record->json) << "\n";
      return exit_code::ok;
    }
    const auto& why = std::get<missing_record>(found);
    std::cerr << why.sentence << "\n";
    return why.code;
  }

  void finish(exit_code code) {
    code_ = code;
    note_.cancel();
    client_.close();
  }

  [[nodiscard]] std::string note() const {
    return message_.empty()
               ? "Interrupted before agent " + flags_.agent
                     + " received the task. The agent may still receive it."
               : come_back_note(message_);
  }

  void on_loss(const control_loss& x) {
    note_.cancel();
    if (code_ || is_repeated_)
      return;
    std::cerr << x.sentence << "\n";
    if (message_.empty()) {
      code_ = x.code;
      // The frame was too large. Show which part of it to shorten.
      if (x.code == exit_code::dispatch_error)
        std::cerr << "The text has " << flags_.text.size()
                  << " bytes, the context " << flags_.context.size() << ".\n";
      return;
    }
    std::cerr << "Fetching the answer, as with: bridgekeeper result "
              << printable(message_) << " --wait\n";
  }

  const server_access& access_;
  const dispatch_flags& flags_;
  boost::asio::io_context context_{1};
  control_client client_;
  interrupt_note note_{context_, [this] { return note(); },
                       [this] {
                         if (!message_.empty())
                           offer_cancellation(access_, message_);
                       }};
  dispatch_display display_;
  /// The frame of the current answer. Valid only while the answer is handled.
  std::string_view frame_;
  /// The dispatch id; empty until the daemon has accepted the dispatch.
  std::string message_;
  /// The daemon knew the key, so nothing was sent.
  bool is_repeated_ = false;
  std::optional<exit_code> code_;
};

/// Explains which flag is wrong; empty if the flags are valid.
std::string complaint_about(const dispatch_flags& flags) {
  if (!is_valid_agent_id(flags.agent))
    return "\"" + flags.agent
           + "\" is not a valid agent id: use 1 to 64 letters, digits and "
             "hyphens. List the agents with: bridgekeeper agents";
  if (!protocol::parse_json_document(flags.context).is_object())
    return "--context is neither a JSON object, such as '{\"key\":\"value\"}', "
           "nor the name of a saved context.";
  if (flags.key
      && (flags.key->empty()
          || flags.key->size() > protocol::max_idempotency_key))
    return "--key must have 1 to 255 bytes.";
  return {};
}

exit_code run(dispatch_flags& flags) {
  for (const auto& given : flags.contexts)
    (is_context_name(given) ? flags.client.context : flags.context) = given;
  auto complaint = complaint_about(flags);
  if (!complaint.empty()) {
    std::cerr << "bridgekeeper dispatch: " << complaint << "\n";
    return exit_code::usage;
  }
  auto access = find_access(flags.client);
  if (!access) {
    std::cerr << "bridgekeeper dispatch: " << to_string(access.error()) << "\n";
    return to_exit_code(access.error());
  }
  if (flags.text == "-")
    flags.text.assign(std::istreambuf_iterator<char>{std::cin}, {});
  return dispatch_run{*access, flags}.run();
}

} // namespace

void add_dispatch(CLI::App& app, command_outcome& out) {
  auto command = app.add_subcommand("dispatch", "Send a task to an agent.");
  auto flags = std::make_shared<dispatch_flags>();
  command->add_option("AGENT", flags->agent, "The agent's id")
      ->type_name("")
      ->required();
  command->add_option("TEXT", flags->text, "The task; - reads standard input")
      ->type_name("")
      ->required();
  command->add_flag("--wait", flags->wait, "Wait for the answer");
  add_duration(
      *command, "--timeout", flags->timeout, seconds{0.001},
      "Time limit for the agent. Default: the daemon's dispatch.timeout");
  command
      ->add_option(
          "--context", flags->contexts,
          wrap_help("A JSON object to send to the agent with the task, or the "
                    "NAME of a context that `bridgekeeper login` saved. May be "
                    "given twice, once for each"))
      ->allow_extra_args(false)
      ->type_name("JSON");
  command
      ->add_option("--key", flags->key,
                   wrap_help("Send the task only if it was not sent with this "
                             "idempotency key before"))
      ->type_name("TEXT");
  command->add_flag("--json", flags->json,
                    "Print the daemon's last response as one line of JSON");
  add_client_options(*command, flags->client, "http://127.0.0.1:8000");
  command->footer(dispatch_footer);
  command->callback([&out, flags] { out.code = run(*flags); });
}

} // namespace bridgekeeper::app
