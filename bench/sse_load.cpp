#include "bench/bridge.hpp"
#include "bench/control_client.hpp"
#include "bench/event_followers.hpp"
#include "bench/latencies.hpp"
#include "bench/meter.hpp"

#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>

#include <stdexcept>
#include <vector>

namespace bridgekeeper::bench {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr std::chrono::milliseconds tick{1};
constexpr std::chrono::seconds patience{2};

/// Stands before the sender's clock in `progress_text`.
constexpr std::string_view sent_key = R"("progress_text":"sent )";

/// Each agent works on one dispatch and reports progress; a subscriber sees the
/// reports. Sender and subscriber share this process and its clock.
class sse_load final : public load {
public:
  explicit sse_load(const surroundings& env)
    : env_(env), says_(env.opts), meter_(env.opts.server_pid),
      agents_(env, says_,
              [this](bridge& from, std::string_view frame) {
                take_dispatch(from, frame);
              }),
      tasks_(env.opts.agents),
      followers_(env, says_,
                 [this](std::string_view event) { take_event(event); }),
      requester_(
          env, [this] { dispatch_all(); },
          [](std::string_view frame) {
            if (frame.starts_with(R"({"type":"error")"))
              throw std::runtime_error("dispatch failed: "
                                       + std::string{frame});
          }),
      timer_(env.io) {
    times_.reserve(env.opts.rate * env.opts.seconds);
  }

  void start() override {
    agents_.open([this] {
      followers_.open([this] { requester_.open(env_.server()); });
    });
  }

  nlohmann::ordered_json result() override {
    auto out = meter_.figures(sent_);
    out["seen"] = times_.size();
    add_quantiles(out, "latency", times_);
    return out;
  }

private:
  void dispatch_all() {
    std::string text;
    for (std::size_t agent = 0; agent < env_.opts.agents; ++agent) {
      text.clear();
      says_.control_dispatch(text, agent, agent);
      requester_.add(opcode::text, text);
    }
  }

  void take_dispatch(bridge& from, std::string_view frame) {
    if (!frame.starts_with(R"({"type":"dispatch")"))
      return;
    tasks_[from.number()] = text_after(frame, R"("message_id":")");
    if (++busy_ == env_.opts.agents)
      begin();
  }

  void begin() {
    meter_.begin();
    began_ = clock::now();
    timer_.expires_at(began_);
    on_tick();
  }

  void on_tick() {
    auto elapsed = clock::now() - began_;
    if (elapsed >= std::chrono::seconds{env_.opts.seconds})
      return await_rest();
    auto due =
        static_cast<std::size_t>(std::chrono::duration<double>{elapsed}.count()
                                 * static_cast<double>(env_.opts.rate));
    while (sent_ < due)
      report(agents_.bridges()[sent_++ % env_.opts.agents]);
    timer_.expires_at(timer_.expiry() + tick);
    timer_.async_wait([this](boost::system::error_code) { on_tick(); });
  }

  void report(bridge& from) {
    auto now = clock::now().time_since_epoch();
    text_.clear();
    says_.progress(text_, from.number(), tasks_[from.number()],
                   "sent " + std::to_string(nanoseconds{now}.count()));
    from.add(opcode::text, text_);
    from.flush();
  }

  void take_event(std::string_view event) {
    auto sent = number_after(event, sent_key);
    if (sent == absent)
      return;
    nanoseconds then{static_cast<nanoseconds::rep>(sent)};
    // What an earlier run left in an agent's history does not count.
    if (then < began_.time_since_epoch() || began_ == clock::time_point{})
      return;
    times_.add(clock::now().time_since_epoch() - then);
    if (all_sent_ && times_.size() == sent_)
      finish();
  }

  void await_rest() {
    all_sent_ = true;
    if (times_.size() >= sent_)
      return finish();
    timer_.expires_after(patience);
    timer_.async_wait([this](boost::system::error_code code) {
      if (!code)
        finish();
    });
  }

  /// Events that did not arrive by now are lost; `seen` falls short of `count`.
  void finish() {
    meter_.end();
    env_.io.stop();
  }

  surroundings env_;
  messages says_;
  meter meter_;
  latencies times_;
  swarm agents_;
  std::vector<std::string> tasks_;
  event_followers followers_;
  control_client requester_;
  boost::asio::steady_timer timer_;
  clock::time_point began_{};
  std::string text_;
  std::size_t busy_ = 0;
  std::size_t sent_ = 0;
  bool all_sent_ = false;
};

} // namespace

std::unique_ptr<load> make_sse_load(const surroundings& env) {
  return std::make_unique<sse_load>(env);
}

} // namespace bridgekeeper::bench
