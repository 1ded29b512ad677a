#include "app/client/result_inquiry.hpp"

#include "app/client/record_request.hpp"
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
    display_(std::move(display)) {}

exit_code result_inquiry::run() {
  auto found = find_record(access_, question_.message_id);
  if (auto record = std::get_if<record_answer>(&found)) {
    question_.message_id = record->message_id;
    if (!question_.wait || record->finished())
      return report(*record);
  } else if (const auto& why = std::get<missing_record>(found);
             !question_.wait || !why.retry_helps) {
    std::cerr << why.sentence << "\n";
    return why.code;
  }
  follow();
  return code_.value_or(exit_code::unreachable);
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

void result_inquiry::ask_later() {
  timer_.expires_after(pause);
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
    return finish(report_end(&x));
  // Events deliver the progress. The answer is in the record, which is
  // requested again until the dispatch has ended.
  if (!std::exchange(follows_, true))
    client_->send(
        encode_request(protocol::control_subscribe{"2", agent_id{x.agent_id}}));
  ask_later();
}

void result_inquiry::on_event(const event_answer& x) {
  if (auto progress = find_progress(x, question_.message_id))
    display_.on_progress(*progress);
}

void result_inquiry::on_error(const error_answer& x) {
  // A daemon that was restarted meanwhile may only have the record in its
  // store.
  x.retry_helps ? ask_later() : finish(report_end(nullptr));
}

void result_inquiry::on_loss(const control_loss& x) {
  client_.reset();
  if (code_)
    return;
  // A connection that delivered an answer proves that address and token are
  // right, so it is worth reconnecting.
  if (was_heard_)
    return ask_later();
  std::cerr << x.sentence << "\n";
  finish(x.code);
}

exit_code result_inquiry::report_end(const record_answer* known) {
  auto found = find_record(access_, question_.message_id);
  auto record = std::get_if<record_answer>(&found);
  if (record != nullptr && (record->finished() || known == nullptr))
    return report(*record);
  if (known != nullptr)
    return report(*known);
  const auto& why = std::get<missing_record>(found);
  std::cerr << why.sentence << "\n";
  return why.code;
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
