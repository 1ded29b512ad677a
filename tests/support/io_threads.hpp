#pragma once

#include "net/server/io_thread.hpp"
#include "support/inbox.hpp"

#include <future>
#include <memory>
#include <type_traits>
#include <vector>

namespace bridgekeeper::test {

/// Runs `f` on `thread` and waits for what it returns or throws.
template <class F>
auto call_on(net::io_thread& thread, F f) {
  using result_type = std::invoke_result_t<F&>;
  auto task = std::make_shared<std::packaged_task<result_type()>>(std::move(f));
  auto result = task->get_future();
  thread.post([task] { (*task)(); });
  if (result.wait_for(patience) != std::future_status::ready)
    throw timed_out("an I/O thread does not answer");
  return result.get();
}

/// I/O threads that run, with the actor system they want.
class io_threads {
public:
  explicit io_threads(std::size_t count);

  io_threads(const io_threads&) = delete;
  io_threads& operator=(const io_threads&) = delete;

  ~io_threads();

  /// The threads run from here on.
  void start();

  /// Joins them; what they have not done by then is dropped.
  void stop();

  [[nodiscard]] std::size_t size() const noexcept {
    return threads_.size();
  }

  [[nodiscard]] net::io_thread& operator[](std::size_t index) const {
    return *threads_.at(index);
  }

  [[nodiscard]] std::vector<net::io_thread*> pointers() const;

private:
  struct actors;

  std::vector<std::unique_ptr<net::io_thread>> threads_;
  std::unique_ptr<actors> actors_;
};

} // namespace bridgekeeper::test
