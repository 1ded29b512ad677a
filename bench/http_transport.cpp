#include "bench/bridge.hpp"
#include "bench/http_head.hpp"
#include "bench/transport.hpp"

#include <deque>
#include <stdexcept>

namespace bridgekeeper::bench {

namespace {

using answer_handler = std::function<void(std::size_t requester)>;

/// One keep-alive connection with one request at a time.
class http_requester final : public tcp_link {
public:
  http_requester(const surroundings& env, std::size_t number,
                 std::function<void()> on_up, const answer_handler& on_answer)
    : tcp_link(env.io), number_(number), on_up_(std::move(on_up)),
      on_answer_(on_answer) {}

private:
  void on_open() override {
    on_up_();
  }

  std::size_t on_bytes(std::string_view bytes) override {
    auto head = parse_head(bytes);
    if (!head)
      return 0;
    auto size = head->size + head->content_length;
    if (head->chunked)
      throw std::runtime_error("a chunked answer to a dispatch");
    if (bytes.size() < size)
      return 0;
    auto body = bytes.substr(head->size, head->content_length);
    if (head->status != 200
        || body.find(R"("status":"completed")") == std::string_view::npos)
      throw std::runtime_error("dispatch failed: "
                               + std::string{bytes.substr(0, size)});
    on_answer_(number_);
    return size;
  }

  std::size_t number_;
  std::function<void()> on_up_;
  const answer_handler& on_answer_;
};

class http_transport final : public transport {
public:
  http_transport(const surroundings& env, const messages& says,
                 done_handler on_done)
    : transport(std::move(on_done)), env_(env), says_(says),
      on_answer_([this](std::size_t requester) { done(requester, 0); }),
      agents_(env, says, answer_dispatches(says)),
      ramp_(env.opts.requesters, env.opts.width,
            [this](std::size_t number) { open_requester(number); }) {
    if (env.opts.in_flight != 1)
      throw std::invalid_argument("--in-flight: HTTP has one at a time");
  }

  void open(std::function<void()> ready) override {
    agents_.open([this, ready] { ramp_.begin(ready); });
  }

  void send(std::size_t requester, std::size_t, std::size_t agent) override {
    auto& one = requesters_[requester];
    says_.http_dispatch(one.out(), agent);
    one.flush();
  }

private:
  void open_requester(std::size_t number) {
    auto& one = requesters_.emplace_back(
        env_, number, [this] { ramp_.one_up(); }, on_answer_);
    one.open(env_.server());
  }

  surroundings env_;
  const messages& says_;
  answer_handler on_answer_;
  swarm agents_;
  std::deque<http_requester> requesters_;
  ramp ramp_;
};

} // namespace

transport_ptr make_http_transport(const surroundings& env, const messages& says,
                                  transport::done_handler on_done) {
  return std::make_unique<http_transport>(env, says, std::move(on_done));
}

} // namespace bridgekeeper::bench
