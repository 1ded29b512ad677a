#include "bench/messages.hpp"
#include "bench/nats_client.hpp"
#include "bench/ramp.hpp"
#include "bench/receipts.hpp"
#include "bench/transport.hpp"

#include <deque>
#include <stdexcept>
#include <unistd.h>
#include <unordered_map>

namespace bridgekeeper::bench {

namespace {

/// What a bridge would be given to answer under; NATS needs none.
constexpr std::string_view some_message_id =
    "6f1c1a52-8a0e-4d58-9a6e-2b1f7f0c9d11";

/// The server makes the streams `tasks` (`task.>`) and `results` (`result.>`)
/// before a load begins, and a consumer of `tasks` that delivers to this group.
constexpr std::string_view work_queue = "deliver.tasks workers";

std::string_view last_token(std::string_view subject) {
  return subject.substr(subject.rfind('.') + 1);
}

void expect_success(std::string_view api_reply) {
  if (api_reply.find(R"("error")") != std::string_view::npos)
    throw std::runtime_error("JetStream says " + std::string{api_reply});
}

/// Publishes results and acknowledges their tasks when the results are stored.
struct jetstream_worker {
  jetstream_worker(const surroundings& env, std::string inbox_prefix,
                   std::function<void()> on_up,
                   nats_client::message_handler on_task)
    : inbox(std::move(inbox_prefix)),
      receiver(env, std::string{work_queue}, on_up, std::move(on_task)),
      publisher(env, inbox + '*', on_up,
                [this](nats_client&, const nats_message& x) { stored(x); }) {}

  void publish(std::string_view subject, std::string_view task_ack,
               std::string_view result) {
    auto id = std::to_string(++last);
    task_acks[last] = task_ack;
    publisher.publish(subject, inbox + id, result);
    publisher.flush();
  }

  void stored(const nats_message& x) {
    expect_success(x.payload);
    auto found = task_acks.find(number_after(last_token(x.subject), ""));
    if (found == task_acks.end())
      throw std::runtime_error("JetStream stored what nobody published");
    publisher.publish(found->second, {}, "+ACK");
    task_acks.erase(found);
  }

  std::string inbox;
  nats_client receiver;
  nats_client publisher;
  std::size_t last = 0;
  /// Where to acknowledge the tasks whose results are not stored yet.
  std::unordered_map<std::size_t, std::string> task_acks;
};

class jetstream_transport final : public transport {
public:
  jetstream_transport(const surroundings& env, const messages& says,
                      done_handler on_done)
    : transport(std::move(on_done)), env_(env), says_(says),
      own_(std::to_string(::getpid())),
      receipts_(env.opts.requesters, env.opts.in_flight),
      worker_ramp_(2 * env.opts.agents, env.opts.width,
                   [this](std::size_t number) { open_worker(number); }),
      requester_ramp_(env.opts.requesters, env.opts.width,
                      [this](std::size_t number) { open_requester(number); }) {}

  void open(std::function<void()> ready) override {
    worker_ramp_.begin([this, ready] { requester_ramp_.begin(ready); });
  }

  void send(std::size_t requester, std::size_t slot,
            std::size_t agent) override {
    auto& one = requesters_[requester];
    auto place = std::to_string(slot);
    scratch_.clear();
    says_.control_dispatch(scratch_, agent, slot);
    one.publish("task." + name_of(requester) + '.' + place,
                inbox(requester) + "stored." + place, scratch_);
    one.flush();
  }

private:
  /// Unique, because the streams survive the generator.
  std::string name_of(std::size_t requester) const {
    return own_ + '.' + std::to_string(requester);
  }

  std::string inbox(std::size_t requester) const {
    return "_INBOX." + name_of(requester) + '.';
  }

  void open_worker(std::size_t number) {
    if (number % 2 != 0) {
      workers_[number / 2].publisher.open(env_.server());
      return;
    }
    number /= 2;
    auto answer = [this, number](nats_client&, const nats_message& task) {
      scratch_.clear();
      says_.response(scratch_, number, some_message_id);
      constexpr std::string_view prefix = "task.";
      workers_[number].publish(
          "result." + std::string{task.subject.substr(prefix.size())},
          task.reply, scratch_);
    };
    workers_
        .emplace_back(
            env_, "_INBOX." + own_ + ".w" + std::to_string(number) + '.',
            [this] { worker_ramp_.one_up(); }, answer)
        .receiver.open(env_.server());
  }

  void open_requester(std::size_t number) {
    auto take = [this, number](nats_client&, const nats_message& x) {
      take_message(number, x);
    };
    requesters_
        .emplace_back(
            env_, inbox(number) + '>', [this, number] { consume(number); },
            take)
        .open(env_.server());
  }

  /// Results are delivered by a consumer, which sees only what is stored. It
  /// delivers only to subjects that are subscribed to without wildcards.
  void consume(std::size_t requester) {
    auto delivery = "deliver.results." + name_of(requester);
    auto& one = requesters_[requester];
    one.subscribe(delivery);
    one.publish("$JS.API.CONSUMER.CREATE.results", inbox(requester) + "up",
                R"({"stream_name":"results","config":{"deliver_policy":"new",)"
                R"("ack_policy":"none","replay_policy":"instant",)"
                R"("filter_subject":"result.)"
                    + name_of(requester) + R"(.*","deliver_subject":")"
                    + delivery + "\"}}");
    one.flush();
  }

  void take_message(std::size_t requester, const nats_message& x) {
    auto last = last_token(x.subject);
    if (x.subject.starts_with("_INBOX.")) {
      expect_success(x.payload);
      if (last == "up") {
        requester_ramp_.one_up();
        return;
      }
    }
    auto slot = number_after(last, "");
    if (receipts_.add(requester, slot))
      done(requester, slot);
  }

  surroundings env_;
  const messages& says_;
  std::string own_;
  std::string scratch_;
  receipts receipts_;
  std::deque<jetstream_worker> workers_;
  std::deque<nats_client> requesters_;
  ramp worker_ramp_;
  ramp requester_ramp_;
};

} // namespace

transport_ptr make_jetstream_transport(const surroundings& env,
                                       const messages& says,
                                       transport::done_handler on_done) {
  return std::make_unique<jetstream_transport>(env, says, std::move(on_done));
}

} // namespace bridgekeeper::bench
