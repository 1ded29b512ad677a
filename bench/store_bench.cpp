// Measures the store by itself: each dispatch is inserted, committed, ended and
// committed again, with a number of them in flight. Prints dispatches and
// commits per second, latencies, and the CPU time of the writer's thread.

#include "store/dispatches/dispatch_store.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <mutex>
#include <pthread.h>
#include <string>
#include <thread>
#include <vector>

using namespace bridgekeeper;

namespace {

using clock_type = std::chrono::steady_clock;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec)
         + static_cast<double>(now.tv_nsec) / 1e9;
}

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec)
         + static_cast<double>(now.tv_nsec) / 1e9;
}

std::shared_ptr<event> event_of(event::body_type body) {
  static const auto session = share(session_id{make_uuid()});
  static const auto own = share(session_id{make_uuid()});
  auto out = std::make_shared<event>();
  out->agent = agent_id{"agent-" + std::to_string(std::rand() % 20)};
  out->session = session;
  out->bridge_session = own;
  out->body = std::move(body);
  return out;
}

/// Runs on one thread, which stands for an I/O thread.
class load {
public:
  load(const std::string& directory, store::durability level) : level_(level) {
    store::writer_options options;
    options.file.path = directory + "/" + store::file_name;
    options.ballast_bytes = 0;
    store::writer_sinks sinks;
    sinks.post = [this](std::uint32_t, std::vector<store::completion> x) {
      std::lock_guard guard{mutex_};
      std::move(x.begin(), x.end(), std::back_inserter(done_));
      changed_.notify_one();
    };
    sinks.publish = [](auto) {};
    sinks.warn = [](const auto& x) { std::puts(x.c_str()); };
    store_ = std::make_unique<store::dispatch_store>(options, sinks);
    std::ignore = store_->start();
  }

  void run(std::size_t in_flight, std::chrono::seconds time) {
    latencies_.clear();
    finished_ = 0;
    auto cpu = cpu_seconds();
    auto mine = thread_seconds();
    auto commits = store_->state().commits.load();
    auto start = clock_type::now();
    auto end = start + time;
    std::vector<store::operation> out;
    for (std::size_t i = 0; i < in_flight; ++i)
      insert(out);
    std::size_t open = in_flight;
    while (open > 0) {
      store_->writer().submit(0, std::exchange(out, {}));
      for (auto& x : wait()) {
        auto& dispatch = dispatches_[x.token];
        if (!std::exchange(dispatch.is_stored, true)) {
          finish(out, x, dispatch);
          continue;
        }
        latencies_.push_back(clock_type::now() - dispatch.since);
        dispatches_.erase(x.token);
        ++finished_;
        if (clock_type::now() < end)
          insert(out);
        else
          --open;
      }
    }
    auto seconds =
        std::chrono::duration<double>(clock_type::now() - start).count();
    auto driver = thread_seconds() - mine;
    auto writer = cpu_seconds() - cpu - driver;
    std::sort(latencies_.begin(), latencies_.end());
    auto at = [this](double share) {
      auto i = static_cast<std::size_t>(
          share * static_cast<double>(latencies_.size() - 1));
      return std::chrono::duration<double, std::milli>(latencies_[i]).count();
    };
    auto n = static_cast<double>(finished_);
    std::printf("%4zu in flight: %7.0f dispatches/s %6.0f commits/s  p50 %.2f "
                "ms  p99 %.2f ms  writer %.1f us  driver %.1f us a dispatch\n",
                in_flight, n / seconds,
                static_cast<double>(store_->state().commits.load() - commits)
                    / seconds,
                at(0.5), at(0.99), writer / n * 1e6, driver / n * 1e6);
  }

private:
  struct dispatch_in_flight {
    store::dispatch_number number{};
    message_id id;
    clock_type::time_point since;
    bool is_stored = false;
  };

  void insert(std::vector<store::operation>& out) {
    auto token = ++last_;
    auto& x = dispatches_[token];
    x = {store_->writer().next_number(), message_id{make_uuid_v7()},
         clock_type::now()};
    auto what = event_of(task_dispatched{x.id, {}});
    store::insert_dispatch body{x.number, x.id, what->agent, *what->session,
                                dispatch_state::sent};
    body.link = incarnation{1};
    body.content = std::string(200, 'x');
    body.from.ip = "127.0.0.1";
    body.from.token = "panel";
    body.events = {std::move(what)};
    out.push_back({std::move(body), token, level_});
  }

  void finish(std::vector<store::operation>& out, const store::completion& x,
              const dispatch_in_flight& dispatch) {
    auto answer = std::make_shared<const response>(
        response{dispatch.id, {}, std::string(500, 'y'), {}, {}});
    store::end_dispatch body{{dispatch.number, 1, store::on_link}};
    body.report = {answer, micro_usd{1'000}};
    body.events = {event_of(agent_response{answer})};
    out.push_back({std::move(body), x.token, level_});
  }

  std::vector<store::completion> wait() {
    std::unique_lock guard{mutex_};
    changed_.wait(guard, [this] { return !done_.empty(); });
    return std::exchange(done_, {});
  }

  store::durability level_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<store::completion> done_;
  std::unordered_map<std::uint64_t, dispatch_in_flight> dispatches_;
  std::uint64_t last_ = 0;
  std::size_t finished_ = 0;
  std::vector<clock_type::duration> latencies_;
  std::unique_ptr<store::dispatch_store> store_;
};

} // namespace

/// store_bench [DIRECTORY [full|commit [SECONDS]]]
int main(int argc, char** argv) {
  auto directory = std::filesystem::path{argc > 1 ? argv[1] : "."}
                   / ("store_bench-" + std::to_string(std::rand()));
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  auto level = argc > 2 && std::string{argv[2]} == "commit"
                   ? store::durability::commit
                   : store::durability::full;
  std::chrono::seconds time{argc > 3 ? std::atoi(argv[3]) : 3};
  {
    load aut{directory.string(), level};
    for (auto in_flight : {1, 50, 160})
      aut.run(static_cast<std::size_t>(in_flight), time);
  }
  std::filesystem::remove_all(directory);
}
