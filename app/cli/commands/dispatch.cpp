#include "app/cli/commands.hpp"
#include "app/cli/dispatch_flags.hpp"
#include "app/client/cancellation.hpp"
#include "app/client/control_client.hpp"
#include "app/client/dispatch_report.hpp"
#include "app/client/interrupt_note.hpp"
#include "app/client/record_request.hpp"
#include "app/client/result_inquiry.hpp"
#include "app/client/saved_context.hpp"
#include "app/command_line/client_flags.hpp"
#include "app/text/utf8_text.hpp"
#include "domain/utf8.hpp"
#include "protocol/task_content.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace bridgekeeper::app {

namespace {

constexpr const char* dispatch_footer = R"(Examples:
  bridgekeeper dispatch shop-1 'Add a test for the cart'
  bridgekeeper dispatch shop-1 --wait 'Which files are in src?'
  git diff | bridgekeeper dispatch reviewer - --wait --timeout 20m
  bridgekeeper dispatch shop-1 'Fix it' --context '{"issue":17}' --json
  bridgekeeper dispatch shop-1 'Publish 1.4' --key publish-1.4 --wait
  bridgekeeper dispatch shop-1 'Test it' --queue-timeout 1h --retry 3
  bridgekeeper dispatch --require python,gpu=a100 'Train the model'

Without --wait, the command prints the message_id, for `bridgekeeper result`, as
soon as the daemon has accepted the dispatch, even if it has to wait for its
agent. With --wait, progress goes to standard error and the answer to standard
output. Some progress is omitted if it arrives faster than it can be shown.

Ctrl-C ends the wait, and the dispatch continues. On a terminal, the command
then asks whether to cancel the dispatch as well.

With --key, a task is sent only once: if the same command is repeated within 24
hours, nothing is sent, and the command is about the first dispatch. A daemon
without a store forgets keys when it ends.

The task gets the trace of --traceparent, or of this command's own environment,
as TRACEPARENT.

Exit codes: 0 done, 1 failed at run time, 2 wrong usage, 3 the daemon cannot be
reached, 4 the token is missing or rejected, 5 the dispatch was refused or ended
in an error, 6 timed out.)";

/// Sends one dispatch and prints its outcome. The connection may end before the
/// answer arrives, usually because progress arrives faster than the terminal
/// shows it. The answer is then fetched over a new connection.
class dispatch_run {
public:
  dispatch_run(const server_access& access, const dispatch_flags& flags,
               protocol::control_dispatch request)
    : access_(access), flags_(flags), request_(std::move(request)),
      agent_(flags.agent),
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
    result_question question{.message_id = message_,
                             .wait = true,
                             .json = flags_.json,
                             .was_answered = true};
    return result_inquiry{access_, std::move(question), std::move(display_)}
        .run();
  }

private:
  void on_open() {
    client_.send(encode_request(request_));
  }

  void on_answer(const accepted_answer& x) {
    message_ = x.message_id;
    if (agent_.empty())
      agent_ = x.agent_id;
    if (flags_.wait)
      return show_progress("dispatched "
                           + (agent_.empty() ? "" : "to " + agent_ + " ")
                           + "as " + x.message_id);
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
    finish(x.error ? report_failed_task(agent_, *x.error, x.note)
                   : exit_code::ok);
  }

  void on_answer(const error_answer& x) {
    // The dispatch with this key is older than the daemon.
    if (x.code == token(errc::unknown_dispatch) && flags_.key
        && !x.message_id.empty())
      return repeat(x.message_id);
    if (flags_.json)
      std::cout << printable_json(frame_) << "\n";
    auto code = report_error(agent_, !message_.empty(), x);
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
               ? "Interrupted before "
                     + (agent_.empty() ? "an agent" : "agent " + agent_)
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
  const protocol::control_dispatch request_;
  /// Empty until the daemon has chosen an agent.
  std::string agent_;
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

/// Replaces a short id of the dispatch that is followed up by the whole one.
std::optional<missing_record> complete_followup(const server_access& access,
                                                protocol::dispatch_body& body) {
  constexpr std::size_t whole_id = 36;
  if (!body.followup_to || body.followup_to->str().size() == whole_id)
    return {};
  auto found = find_record(access, body.followup_to->str(), "record of");
  if (auto missing = std::get_if<missing_record>(&found))
    return std::move(*missing);
  body.followup_to = message_id{std::get<record_answer>(found).message_id};
  return {};
}

/// The trace of the caller, unless a flag names another one. An invalid one is
/// ignored, because the caller may know nothing of it.
void find_trace(dispatch_flags& flags) {
  const auto* parent = std::getenv("TRACEPARENT");
  if (flags.traceparent || parent == nullptr || !is_valid_traceparent(parent))
    return;
  flags.traceparent = parent;
  if (const auto* state = std::getenv("TRACESTATE"))
    flags.tracestate = state;
}

exit_code run(dispatch_flags& flags) {
  find_trace(flags);
  for (const auto& given : flags.contexts)
    (is_context_name(given) ? flags.client.context : flags.context) = given;
  auto request = make_request(flags);
  if (!request) {
    std::cerr << "bridgekeeper dispatch: " << to_string(request.error())
              << "\n";
    return exit_code::usage;
  }
  auto access = find_access(flags.client);
  if (!access) {
    std::cerr << "bridgekeeper dispatch: " << to_string(access.error()) << "\n";
    return to_exit_code(access.error());
  }
  if (flags.text == "-") {
    flags.text.assign(std::istreambuf_iterator<char>{std::cin}, {});
    request->body.content = flags.text;
  }
  if (auto why = complete_followup(*access, request->body)) {
    std::cerr << "bridgekeeper dispatch: " << why->sentence << "\n";
    return why->code;
  }
  return dispatch_run{*access, flags, std::move(*request)}.run();
}

} // namespace

void add_dispatch(CLI::App& app, command_outcome& out) {
  auto command = app.add_subcommand("dispatch", "Send a task to an agent.");
  auto flags = std::make_shared<dispatch_flags>();
  add_dispatch_flags(*command, *flags);
  add_client_options(*command, flags->client, "http://127.0.0.1:8000");
  command->footer(dispatch_footer);
  command->callback([&out, flags] {
    sort_arguments(*flags);
    out.code = run(*flags);
  });
}

} // namespace bridgekeeper::app
