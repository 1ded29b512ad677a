#include "actors/stored_world.hpp"

#include <chrono>
#include <future>
#include <stdexcept>
#include <stdlib.h>
#include <thread>
#include <utility>

namespace bridgekeeper::test {

stored_world::stored_world() {
  auto pattern =
      (std::filesystem::temp_directory_path() / "bk-store-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr)
    throw std::runtime_error{"no scratch directory"};
  directory = pattern;
  store::writer_options options;
  options.file.path = (directory / store::file_name).string();
  options.ballast_bytes = 0;
  deliveries.emplace(
      context(), [this](auto x) { put(std::move(x)); },
      [this](std::uint32_t, auto completions) {
        context().store->complete(completions);
      });
  store::writer_sinks sinks;
  sinks.post = [this](std::uint32_t thread, auto completions) {
    deliveries->complete(thread, std::move(completions));
  };
  sinks.publish = [this](auto events) {
    deliveries->publish(std::move(events));
  };
  store.emplace(options, std::move(sinks));
  std::ignore = store->start();
  context().store = std::make_shared<store_port>(
      *store, *deliveries, store::durability::commit, 0,
      [this, here = std::this_thread::get_id()](auto x) {
        // The reader's thread answers, too.
        std::this_thread::get_id() == here ? thread().post(std::move(x))
                                           : put(std::move(x));
      });
}

stored_world::~stored_world() {
  dismiss_agents();
  commit();
  dismiss_clients();
  context().store.reset();
  store.reset();
  std::filesystem::remove_all(directory);
}

void stored_world::commit() {
  // Twice: the effects of the first commits may be operations of their own.
  for (int i = 0; i < 2; ++i) {
    auto is_done = false;
    context().store->submit(
        store::reserve_incarnations{},
        [&is_done](const store::completion&) { is_done = true; });
    for (run(); !is_done; run())
      let_arrive();
  }
}

void stored_world::wait_until(const std::function<bool()>& is_true) {
  for (run(); !is_true(); run())
    let_arrive();
}

store::dispatch_details stored_world::stored(const std::string& id) {
  std::promise<std::optional<store::dispatch_details>> found;
  store->reader().history(message_id{id}, [&](auto answer) {
    found.set_value(std::move(answer.value).value_or(std::nullopt));
  });
  return found.get_future().get().value();
}

void stored_world::put(std::function<void()> x) {
  std::lock_guard guard{mutex_};
  arrived_.push_back(std::move(x));
  has_arrived_.notify_one();
}

void stored_world::let_arrive() {
  std::unique_lock guard{mutex_};
  if (!has_arrived_.wait_for(guard, std::chrono::seconds{30},
                             [this] { return !arrived_.empty(); }))
    throw std::runtime_error{"the store does not answer"};
  auto tasks = std::exchange(arrived_, {});
  guard.unlock();
  for (auto& task : tasks)
    thread().post(std::move(task));
}

} // namespace bridgekeeper::test
