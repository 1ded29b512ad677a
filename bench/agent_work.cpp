#include "bench/agent_work.hpp"

#include <stdexcept>
#include <utility>

namespace bridgekeeper::bench {

agent_work::agent_work(const surroundings& env, const messages& says)
  : says_(says), length_(std::chrono::milliseconds{env.opts.work_ms}),
    spread_(std::chrono::milliseconds{env.opts.work_spread_ms}),
    timer_(env.io) {}

bridge::frame_handler agent_work::frame_handler() {
  if (length_.count() == 0)
    return answer_dispatches(says_);
  return [this](bridge& by, std::string_view frame) { begin(by, frame); };
}

std::chrono::nanoseconds agent_work::time_of(std::string_view response) {
  if (length_.count() == 0)
    return {};
  auto id = text_after(response, R"("message_id":")");
  auto found = times_.extract(std::string{id});
  if (found.empty())
    throw std::runtime_error("no bridge worked on the dispatch of "
                             + std::string{response});
  return found.mapped();
}

void agent_work::begin(bridge& by, std::string_view frame) {
  if (!frame.starts_with(R"({"type":"dispatch")"))
    return;
  auto now = clock::now();
  std::string id{text_after(frame, R"("message_id":")")};
  auto added =
      under_way_.emplace(now + next_length(), item{&by, std::move(id), now});
  if (added == under_way_.begin())
    await_first();
}

agent_work::clock::duration agent_work::next_length() {
  using distribution = std::uniform_int_distribution<clock::rep>;
  return length_
         + clock::duration{
             distribution{-spread_.count(), spread_.count()}(random_)};
}

void agent_work::await_first() {
  timer_.expires_at(under_way_.begin()->first);
  timer_.async_wait([this](boost::system::error_code replaced) {
    if (!replaced)
      end_due();
  });
}

void agent_work::end_due() {
  while (!under_way_.empty() && under_way_.begin()->first <= clock::now()) {
    respond(under_way_.begin()->second);
    under_way_.erase(under_way_.begin());
  }
  if (!under_way_.empty())
    await_first();
}

void agent_work::respond(const item& done) {
  times_.emplace(done.message_id, clock::now() - done.began);
  scratch_.clear();
  says_.response(scratch_, done.by->number(), done.message_id);
  done.by->add(opcode::text, scratch_);
  done.by->flush();
}

} // namespace bridgekeeper::bench
