#include "app/client/result_inquiry.hpp"

#include "app/text/utf8_text.hpp"

#include <chrono>
#include <iostream>
#include <utility>

namespace bridgekeeper::app {

namespace {

/// The pause between two requests and before reconnecting.
constexpr auto pause = std::chrono::milliseconds{500};

} // namespace

result_inquiry::result_inquiry(server_access access, result_question question,
                               dispatch_display display)
  : access_(std::move(access)), question_(std::move(question)),
    display_(std::move(display)) {
  if (question_.was_answered)
    reconnection_.on_answer();
}

exit_code result_inquiry::run() {
  auto found = find_record(access_, question_.message_id);
  if (auto record = std::get_if<record_answer>(&found)) {
    question_.message_id = record->message_id;
    if (!question_.wait || record->finished())
      return report(*record);
  } else if (const auto& why = std::get<missing_record>(found);
             !question_.wait || !may_come(why)) {
    std::cerr << why.sentence << "\n";
    return why.code;
  }
  follow();
  return code_.value_or(exit_code::unreachable);
}

bool result_inquiry::may_come(const missing_record& x) const {
  return x.retry_helps
         || (x.code == exit_code::unreachable && reconnection_.was_answered());
}

void result_inquiry::follow() {
  note_.emplace(context_,
                [this] { return come_back_note(question_.message_id); });
  connect();
  context_.run();
}

void result_inquiry::connect() {
  was_heard_ = false;
  follows_ = false;
  client_ = std::make_unique<control_client>(
      context_, access_,
      control_client::handlers{
          [this] { ask(); },
          [this](const control_answer& x, std::string_view) {
            was_heard_ = true;
            reconnection_.on_answer();
            if (!code_)
              on_answer(x);
          },
          [this](const control_loss& x) { on_loss(x); }});
  client_->start();
}

void result_inquiry::ask() {
  client_->send(encode_request(
      protocol::control_inquiry{"1", message_id{question_.message_id}}));
}

void result_inquiry::ask_later(std::chrono::milliseconds wait) {
  timer_.expires_after(wait);
  timer_.async_wait([this](auto error) {
    if (error)
      return;
    if (client_)
      ask();
    else
      connect();
  });
}

void result_inquiry::on_answer(const control_answer& x) {
  if (auto record = std::get_if<record_answer>(&x))
    on_record(*record);
  else if (auto event = std::get_if<event_answer>(&x))
    on_event(*event);
  else if (auto error = std::get_if<error_answer>(&x))
    on_error(*error);
}

void result_inquiry::on_record(const record_answer& x) {
  if (x.finished())
    return finish(report_end(x));
  // Events deliver the progress. The answer is in the record, which is
  // requested again until the dispatch has ended. A dispatch that waits for an
  // agent may have none yet.
  if (!x.agent_id.empty() && !std::exchange(follows_, true))
    client_->send(
        encode_request(protocol::control_subscribe{"2", agent_id{x.agent_id}}));
  ask_later(pause);
}

void result_inquiry::on_event(const event_answer& x) {
  if (auto progress = find_progress(x, question_.message_id))
    display_.on_progress(*progress);
}

void result_inquiry::on_error(const error_answer& x) {
  if (x.retry_helps)
    return ask_later(pause);
  // On /ws/control, an older daemon knows only the dispatches in its memory.
  auto found = find_record(access_, question_.message_id);
  if (auto record = std::get_if<record_answer>(&found))
    return record->finished() ? finish(report(*record)) : ask_later(pause);
  const auto& why = std::get<missing_record>(found);
  if (may_come(why))
    return ask_later(pause);
  std::cerr << why.sentence << "\n";
  finish(why.code);
}

void result_inquiry::on_loss(const control_loss& x) {
  client_.reset();
  if (code_)
    return;
  if (was_heard_)
    return ask_later(pause);
  std::cerr << x.sentence << "\n";
  if (x.code == exit_code::unreachable)
    if (auto wait = reconnection_.next())
      return ask_later(*wait);
  if (reconnection_.was_answered())
    std::cerr << "The dispatch may continue. Wait for it again with: "
                 "bridgekeeper result "
              << printable(question_.message_id) << " --wait\n";
  finish(x.code);
}

exit_code result_inquiry::report_end(const record_answer& known) {
  auto found = find_record(access_, question_.message_id);
  auto record = std::get_if<record_answer>(&found);
  return report(record != nullptr && record->finished() ? *record : known);
}

exit_code result_inquiry::report(const record_answer& x) const {
  return question_.history ? report_history(x)
                           : report_record(x, question_.json, display_);
}

void result_inquiry::finish(exit_code code) {
  code_ = code;
  timer_.cancel();
  note_->cancel();
  if (client_)
    client_->close();
}

} // namespace bridgekeeper::app
