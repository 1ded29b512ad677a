#include "bench/messages.hpp"
#include "bench/ramp.hpp"
#include "bench/receipts.hpp"
#include "bench/redis_client.hpp"
#include "bench/transport.hpp"

#include <deque>
#include <string>
#include <unistd.h>

namespace bridgekeeper::bench {

namespace {

/// What a bridge would be given to answer under; Redis needs none.
constexpr std::string_view some_message_id =
    "6f1c1a52-8a0e-4d58-9a6e-2b1f7f0c9d11";

/// Servers make these, with the streams of all workers, before a load begins.
constexpr std::string_view shared_tasks = "tasks";
constexpr std::string_view workers = "workers";

void ignore(const redis_reply&) {}

/// Has two connections: a reader that waits cannot submit anything.
struct redis_requester {
  redis_requester(const surroundings& env, std::size_t number,
                  const std::function<void()>& on_up)
    : results("results." + std::to_string(::getpid()) + '.'
              + std::to_string(number)),
      submitter(env.io, on_up), reader(env.io, on_up) {}

  /// The stream that its results go to.
  std::string results;
  /// The last result that was read.
  std::string last = "0";
  redis_client submitter;
  redis_client reader;
};

class redis_transport final : public transport {
public:
  redis_transport(const surroundings& env, const messages& says,
                  done_handler on_done)
    : transport(std::move(on_done)), env_(env), says_(says),
      batch_(std::to_string(env.opts.window)),
      receipts_(env.opts.requesters, env.opts.in_flight),
      ramp_(env.opts.agents + 2 * env.opts.requesters, 1,
            [this](std::size_t number) { open_one(number); }) {}

  void open(std::function<void()> ready) override {
    ramp_.begin([this, ready] {
      for (std::size_t worker = 0; worker < workers_.size(); ++worker) {
        take_tasks(worker);
        workers_[worker].flush();
      }
      for (std::size_t number = 0; number < requesters_.size(); ++number) {
        read_results(number);
        requesters_[number].reader.flush();
      }
      ready();
    });
  }

  void send(std::size_t requester, std::size_t slot,
            std::size_t agent) override {
    auto& one = requesters_[requester];
    scratch_.clear();
    says_.control_dispatch(scratch_, agent, slot);
    one.submitter.command({"XADD", tasks_of(agent), "*", "results", one.results,
                           "slot", std::to_string(slot), "task", scratch_},
                          [this, requester, slot](const redis_reply&) {
                            arrived(requester, slot);
                          });
    one.submitter.flush();
  }

private:
  void open_one(std::size_t number) {
    auto on_up = [this] { ramp_.one_up(); };
    if (number < env_.opts.agents) {
      workers_.emplace_back(env_.io, on_up).open(env_.server());
      return;
    }
    number -= env_.opts.agents;
    if (number % 2 == 0) {
      requesters_.emplace_back(env_, number / 2, on_up)
          .submitter.open(env_.server());
      return;
    }
    requesters_.back().reader.open(env_.server());
  }

  // -- workers ----------------------------------------------------------------

  /// The stream that the worker reads.
  [[nodiscard]] std::string tasks_of(std::size_t worker) const {
    std::string out{shared_tasks};
    return env_.opts.addressed ? out + ':' + std::to_string(worker) : out;
  }

  void take_tasks(std::size_t worker) {
    auto& one = workers_[worker];
    one.command({"XREADGROUP", "GROUP", workers,
                 "worker-" + std::to_string(worker), "COUNT", batch_, "BLOCK",
                 "0", "STREAMS", tasks_of(worker), ">"},
                [this, worker](const redis_reply& reply) {
                  for (const auto& task : reply.items.at(0).items.at(1).items)
                    answer(worker, task);
                  take_tasks(worker);
                });
  }

  void answer(std::size_t worker, const redis_reply& task) {
    const auto& fields = task.items.at(1).items;
    auto& one = workers_[worker];
    scratch_.clear();
    says_.response(scratch_, worker, some_message_id);
    one.command({"XADD", fields.at(1).text, "*", "slot", fields.at(3).text,
                 "result", scratch_},
                ignore);
    one.command({"XACK", tasks_of(worker), workers, task.items.at(0).text},
                ignore);
  }

  // -- requesters -------------------------------------------------------------

  void read_results(std::size_t number) {
    auto& one = requesters_[number];
    one.reader.command(
        {"XREAD", "COUNT", "1000", "BLOCK", "0", "STREAMS", one.results,
         one.last},
        [this, number](const redis_reply& reply) {
          const auto& entries = reply.items.at(0).items.at(1).items;
          for (const auto& entry : entries)
            arrived(number,
                    number_after(entry.items.at(1).items.at(1).text, ""));
          requesters_[number].last = entries.back().items.at(0).text;
          read_results(number);
        });
  }

  void arrived(std::size_t requester, std::size_t slot) {
    if (receipts_.add(requester, slot))
      done(requester, slot);
  }

  surroundings env_;
  const messages& says_;
  std::string batch_;
  std::string scratch_;
  receipts receipts_;
  std::deque<redis_client> workers_;
  std::deque<redis_requester> requesters_;
  ramp ramp_;
};

} // namespace

transport_ptr make_redis_transport(const surroundings& env,
                                   const messages& says,
                                   transport::done_handler on_done) {
  return std::make_unique<redis_transport>(env, says, std::move(on_done));
}

} // namespace bridgekeeper::bench
