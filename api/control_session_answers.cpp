#include "actors/failure_errors.hpp"
#include "actors/tell.hpp"
#include "api/control_answers.hpp"
#include "api/control_session.hpp"
#include "domain/dispatch_record.hpp"
#include "protocol/record_json.hpp"

#include <deque>
#include <memory>
#include <utility>

namespace bridgekeeper::api {

namespace {

/// Whether a request asks for an explanation of something that nobody knows. If
/// that were remembered, the explanation of the reason would consist of such
/// questions.
bool is_vain_question(const control_request& x, errc why) {
  return x.match.row != nullptr
         && x.match.row->path.text().ends_with("/explain")
         && (why == errc::unknown_agent || why == errc::unknown_dispatch
             || why == errc::unknown_route || why == errc::invalid_agent_id);
}

/// Names the field that is wrong, unless the detail does.
cause naming_field(const failure& x) {
  if (x.field.empty() || x.detail.find(x.field) != std::string::npos)
    return x;
  return {x.code, std::string{x.field} + ": " + to_string(x)};
}

} // namespace

fact::request_line request_line_of(const control_request& x) {
  if (const auto* row = x.match.row)
    return {row->method, row->path.text()};
  std::string_view line = x.unrouted;
  auto end = line.find(' ');
  return {line.substr(0, end), line.substr(end + 1)};
}

void control_session_state::answer(net::http_response response) {
  settle(response);
  session->respond(std::move(response));
}

void control_session_state::answer_in_parts(net::http_response response,
                                            answer_body body) {
  auto first = body.parts();
  auto second = first ? body.parts() : std::nullopt;
  if (!second && (!first || first->size() <= part_cost)) {
    if (first)
      response.body = whole_text(*first);
    return answer(std::move(response));
  }
  auto place = context->answers->admit(current->from.token, body.load);
  if (!place) {
    auto refusal = error_answer(place.error());
    if (!body.location.empty())
      refusal.headers.emplace_back("location", std::move(body.location));
    return answer(std::move(refusal));
  }
  std::deque<net::stream_text> made;
  made.push_back(std::move(*first));
  if (second)
    made.push_back(std::move(*second));
  settle(response);
  session->respond_in_parts(
      std::move(response),
      [made = std::make_shared<std::deque<net::stream_text>>(std::move(made)),
       parts = std::move(body.parts),
       place = *place]() -> std::optional<net::stream_text> {
        if (made->empty())
          return parts();
        std::optional out{std::move(made->front())};
        made->pop_front();
        return out;
      });
}

void control_session_state::answer_record(net::http_response response,
                                          dispatch_record record,
                                          std::string_view more) {
  // Most results are short.
  if (footprint(record) + more.size() <= part_size) {
    response.body = protocol::encode(record, more);
    return answer(std::move(response));
  }
  answer_in_parts(std::move(response), record_body(std::move(record), more));
}

void control_session_state::settle(net::http_response& response) {
  deadline->disarm();
  if (response.why)
    tell_refusal(*response.why);
  context->metrics.count_response(response.status);
  if (const auto& agent = current->rated)
    add_rates(response, context->admissions->rates(*agent, current->from.ip,
                                                   context->deadlines.now()));
  context->control.cors.decorate(response, current->page);
  current.reset();
}

void control_session_state::tell_refusal(const cause& why) const {
  const auto& x = *current;
  if (is_vain_question(x, why.code))
    return;
  fact::request_refused out{
      .why = why, .from = x.from, .is_authorized = x.login.who != nullptr};
  out.what = request_line_of(x);
  agent_id agent;
  message_id message;
  if (x.waiting) {
    agent = x.waiting->agent;
    message = x.waiting->order->task.message;
    out.is_new_message = true;
  } else if (x.match.row != nullptr) {
    auto names = [&](std::string_view prefix) {
      return out.what.path.starts_with(prefix) && !x.match.parameter.empty();
    };
    if (names("/control/agents/"))
      agent = named_agent();
    else if (names("/control/dispatches/"))
      message = message_id{x.match.parameter};
  }
  if (is_valid_agent_id(agent.str()))
    out.agent = &agent;
  if (x.login.who)
    out.message = &message;
  tell(*context, out);
}

void control_session_state::answer_failure(const caf::error& error) {
  answer(error_answer(to_failure(error)));
}

net::http_response
control_session_state::body_refusal(const net::http_request& x,
                                    const failure& why) const {
  // Whatever is wrong with a member, the body is not a valid message.
  auto out = violations_answer(
      protocol::body_violations(x.body(), current->match.row->body(), why),
      why.code == errc::invalid_json ? why.code : errc::invalid_message);
  out.why = naming_field(why);
  return out;
}

} // namespace bridgekeeper::api
