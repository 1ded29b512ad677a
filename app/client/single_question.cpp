#include "app/client/single_question.hpp"

#include "app/text/utf8_text.hpp"

#include <iostream>
#include <string_view>
#include <utility>

namespace bridgekeeper::app {

namespace {

std::string_view next_step(std::string_view reason) {
  if (reason == "agent_still_connected")
    return " Stop its bridge first.";
  if (reason == "unknown_agent" || reason == "invalid_agent_id")
    return " List the agents with: bridgekeeper agents";
  return {};
}

} // namespace

single_question::single_question(const server_access& access,
                                 std::string command, std::string request,
                                 answer_handler on_answer)
  : command_(std::move(command)), request_(std::move(request)),
    handler_(std::move(on_answer)),
    client_(context_, access,
            {[this] { client_.send(request_); },
             [this](const control_answer& x, std::string_view) {
               this->on_answer(x);
             },
             [this](const control_loss& x) { on_loss(x); }}) {}

exit_code single_question::run() {
  client_.start();
  context_.run();
  return code_.value_or(exit_code::unreachable);
}

void single_question::on_answer(const control_answer& x) {
  if (code_)
    return;
  if (auto why = std::get_if<error_answer>(&x)) {
    std::cerr << command_ << ": " << printable(why->detail) << " ("
              << printable(why->code) << ")." << next_step(why->code) << "\n";
    code_ = why->code == "missing_scope" ? exit_code::unauthenticated
                                         : exit_code::failure;
  } else {
    code_ = handler_(x);
  }
  client_.close();
}

void single_question::on_loss(const control_loss& x) {
  if (code_)
    return;
  std::cerr << x.sentence << "\n";
  code_ = x.code;
}

} // namespace bridgekeeper::app
