#include "app/cli/dispatch_flags.hpp"

#include "app/command_line/choices.hpp"
#include "app/command_line/client_flags.hpp"
#include "app/command_line/help_format.hpp"
#include "domain/ids.hpp"
#include "domain/limits.hpp"
#include "protocol/json_document.hpp"

#include <CLI/CLI.hpp>
#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace bridgekeeper::app {

namespace {

constexpr seconds least_timeout{0.001};

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> out;
  boost::split(out, text, boost::is_any_of(","));
  return out;
}

failure wrong_flag(std::string what) {
  return {errc::bad_request, std::move(what)};
}

/// What is wrong with the arguments and the flags that only the client knows;
/// empty if nothing is.
std::string complaint_about(const dispatch_flags& flags) {
  if (!flags.require && !is_valid_agent_id(flags.agent))
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
  if (flags.require && flags.followup)
    return "--followup needs an AGENT instead of --require: a follow-up goes "
           "to the agent of the earlier dispatch.";
  if (flags.traceparent && !is_valid_traceparent(*flags.traceparent))
    return "--traceparent is not a traceparent of W3C Trace Context, such as "
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.";
  if (flags.followup
      && (flags.followup->empty() || flags.followup->size() > max_label_length))
    return "--followup must be the message_id of a dispatch.";
  for (auto [flag, value] : {std::pair{"--queue-timeout", flags.queue_timeout},
                             std::pair{"--total-timeout", flags.total_timeout}})
    if (value > protocol::max_dispatch_timeout)
      return std::string{flag} + " must be at most 7 days.";
  return {};
}

std::optional<failure> add_retry(const dispatch_flags& flags,
                                 dispatch_options& out) {
  if (!flags.retry) {
    if (flags.retry_on || flags.backoff)
      return wrong_flag(std::string{flags.retry_on ? "--retry-on" : "--backoff"}
                        + " has no effect without --retry.");
    return {};
  }
  if (*flags.retry < 1 || *flags.retry > max_dispatch_attempts)
    return wrong_flag("--retry must be 1 to "
                      + std::to_string(max_dispatch_attempts)
                      + ", the first attempt included.");
  out.retry.max_attempts = static_cast<std::uint16_t>(*flags.retry);
  for (const auto& word : split_list(flags.retry_on.value_or("lost"))) {
    if (!add_reason(out.retry, word))
      return wrong_flag("--retry-on: \"" + word + "\" is not one of "
                        + all_retry_reasons() + ".");
  }
  auto backoff = flags.backoff.value_or(seconds{0});
  if (backoff > protocol::max_backoff)
    return wrong_flag("--backoff must be at most 24 hours.");
  out.backoff = std::chrono::ceil<std::chrono::milliseconds>(backoff);
  return {};
}

std::optional<failure> add_priority(const dispatch_flags& flags,
                                    dispatch_options& out) {
  for (auto x : {dispatch_priority::high, dispatch_priority::normal,
                 dispatch_priority::low})
    if (flags.priority == to_string(x)) {
      out.priority = x;
      return {};
    }
  return wrong_flag("--priority: \"" + flags.priority
                    + "\" is not one of high, normal and low.");
}

std::optional<failure> add_durability(const dispatch_flags& flags,
                                      dispatch_options& out) {
  if (!flags.durability)
    return {};
  for (auto x : {durability::full, durability::commit})
    if (*flags.durability == to_string(x)) {
      out.level = x;
      return {};
    }
  return wrong_flag("--durability: \"" + *flags.durability
                    + "\" is neither full nor commit.");
}

std::optional<failure> add_required(const dispatch_flags& flags,
                                    std::vector<std::string>& out) {
  if (!flags.require)
    return {};
  out = split_list(*flags.require);
  auto is_wrong = [](const std::string& x) {
    return x.empty() || x.size() > max_label_length;
  };
  if (std::any_of(out.begin(), out.end(), is_wrong)
      || out.size() > protocol::max_required)
    return wrong_flag("--require must have 1 to 32 capabilities or labels "
                      "of 1 to 256 bytes, separated by commas.");
  return {};
}

std::optional<std::chrono::milliseconds> given(seconds x) {
  if (x == seconds{0})
    return std::nullopt;
  return std::chrono::ceil<std::chrono::milliseconds>(x);
}

void add_timeouts(CLI::App& app, dispatch_flags& out) {
  add_duration(app, "--timeout", out.timeout, least_timeout,
               "Time limit for the agent, for each attempt. Default: the "
               "daemon's dispatch.timeout");
  add_duration(app, "--queue-timeout", out.queue_timeout, least_timeout,
               "Time limit for the wait until the agent gets the task. With "
               "it, the task also waits for an agent that is not connected");
  add_duration(app, "--total-timeout", out.total_timeout, least_timeout,
               "Time limit for all attempts together");
}

void add_retries(CLI::App& app, dispatch_flags& out) {
  app.add_option("--retry", out.retry,
                 wrap_help("Try up to N times in all (1 to 10)"))
      ->type_name("N");
  app.add_option("--retry-on", out.retry_on,
                 wrap_help("Which attempts to repeat: any of "
                           + all_retry_reasons()
                           + ", separated by commas; failed means all "
                             "failures. Default: lost"))
      ->check(choices(all_retry_reasons()))
      ->type_name("ENDS");
  app.add_option_function<std::string>(
         "--backoff",
         [&out](const std::string& text) {
           auto x = parse_duration(text, bare_number::accepted);
           if (!x)
             throw CLI::ValidationError(
                 "--backoff",
                 "expected a time, such as 30 or 500ms or 10m, got " + text);
           out.backoff = *x;
         },
         wrap_help("Wait before the second attempt; twice as long before each "
                   "further one"))
      ->type_name("TIME");
}

} // namespace

void add_dispatch_flags(CLI::App& app, dispatch_flags& out) {
  app.add_option("AGENT", out.first, "The agent's id; not with --require")
      ->type_name("");
  app.add_option("TEXT", out.second, "The task; - reads standard input")
      ->type_name("");
  app.add_flag("--wait", out.wait, "Wait for the answer");
  add_timeouts(app, out);
  add_retries(app, out);
  app.add_option("--priority", out.priority,
                 wrap_help("The place among the tasks that wait for the same "
                           "agent: high, normal or low"))
      ->check(choices("high, normal, low"))
      ->type_name("LEVEL");
  app.add_option("--durability", out.durability,
                 wrap_help("What the task and its answer must survive on the "
                           "daemon's machine: full (a power failure) or commit "
                           "(the end of the daemon). Default: the daemon's "
                           "store.durability"))
      ->check(choices("full, commit"))
      ->type_name("LEVEL");
  app.add_option("--followup", out.followup,
                 wrap_help("The message_id of an earlier dispatch of the agent "
                           "that this one continues"))
      ->type_name("ID");
  app.add_option("--require", out.require,
                 wrap_help("Send the task to an agent with all of these "
                           "capabilities and labels (key=value), separated by "
                           "commas"))
      ->type_name("LIST");
  app.add_option(
         "--context", out.contexts,
         wrap_help("A JSON object to send to the agent with the task, or the "
                   "NAME of a context that `bridgekeeper login` saved. May be "
                   "given twice, once for each"))
      ->allow_extra_args(false)
      ->type_name("JSON");
  app.add_option("--key", out.key,
                 wrap_help("Send the task only if it was not sent with this "
                           "idempotency key before"))
      ->type_name("TEXT");
  app.add_option("--traceparent", out.traceparent,
                 wrap_help("The W3C trace context of the trace that the task "
                           "belongs to. Default: $TRACEPARENT, with "
                           "$TRACESTATE"))
      ->type_name("TEXT");
  app.add_flag("--json", out.json,
               "Print the daemon's last response as one line of JSON");
}

void sort_arguments(dispatch_flags& flags) {
  if (flags.require && flags.second)
    throw CLI::ValidationError("--require",
                               "the daemon chooses the agent, so name none");
  if (!flags.require && !flags.first)
    throw CLI::RequiredError("AGENT");
  const auto& text = flags.require ? flags.first : flags.second;
  if (!text)
    throw CLI::RequiredError("TEXT");
  flags.text = *text;
  flags.agent = flags.require ? "" : *flags.first;
}

result<protocol::control_dispatch> make_request(const dispatch_flags& flags) {
  if (auto complaint = complaint_about(flags); !complaint.empty())
    return wrong_flag(std::move(complaint));
  protocol::control_dispatch out;
  out.id = "1";
  out.agent = agent_id{flags.agent};
  auto& body = out.body;
  body.content = flags.text;
  body.context = json_object{flags.context};
  body.options.timeout = given(flags.timeout);
  body.options.queue_timeout = given(flags.queue_timeout);
  body.options.total_timeout = given(flags.total_timeout);
  for (auto why :
       {add_retry(flags, body.options), add_priority(flags, body.options),
        add_durability(flags, body.options), add_required(flags, body.require)})
    if (why)
      return *why;
  if (flags.followup)
    body.followup_to = message_id{*flags.followup};
  body.idempotency_key = flags.key.value_or("");
  body.trace = make_trace_context(flags.traceparent.value_or(""),
                                  flags.tracestate.value_or(""));
  return out;
}

} // namespace bridgekeeper::app
