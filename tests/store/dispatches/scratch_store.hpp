#pragma once

#include "store/dispatches/dispatch_store.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace bridgekeeper::test {

/// A directory that is removed with the object.
class scratch_directory {
public:
  scratch_directory();
  ~scratch_directory();
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;

  [[nodiscard]] const std::string& path() const noexcept {
    return path_;
  }

private:
  std::string path_;
};

/// A store in a scratch directory, and everything that it tells. Close it and
/// open it again to see what has been stored.
class scratch_store {
public:
  explicit scratch_store(store::writer_options options = small());

  /// Without ballast, which would take long to write.
  [[nodiscard]] static store::writer_options small();

  store::loaded_state open();

  void close() {
    store_.reset();
  }

  /// Copies the files as they are, as a crash leaves them, into a new scratch
  /// store.
  [[nodiscard]] std::unique_ptr<scratch_store> crashed_copy() const;

  [[nodiscard]] store::dispatch_store& operator*() noexcept {
    return *store_;
  }

  [[nodiscard]] store::dispatch_store* operator->() noexcept {
    return store_.get();
  }

  /// Submits operations and returns their tokens.
  std::vector<std::uint64_t>
  submit(std::vector<store::operation_body> bodies,
         store::durability level = store::durability::full,
         std::uint32_t thread = 0);

  /// Waits for the completion of a token. Fails after 20 s.
  store::completion wait(std::uint64_t token);

  /// The completion of a token that has one by now.
  [[nodiscard]] std::optional<store::completion> find(std::uint64_t token);

  store::completion run(store::operation_body body) {
    return wait(submit({std::move(body)}).front());
  }

  /// Waits until `is_true`. Fails after 20 s.
  void wait_until(const std::function<bool()>& is_true);

  /// Waits for the end of the check in the background. Fails after 20 s.
  store::check_outcome wait_for_check();

  /// Asks the reader and waits for its answer.
  template <class T, class Ask>
  store::answer<T> ask(Ask question) {
    std::optional<store::answer<T>> out;
    question([&](store::answer<T> x) {
      std::lock_guard guard{mutex_};
      // Tests may keep answers for long.
      x.place.reset();
      out = std::move(x);
      changed_.notify_all();
    });
    std::unique_lock guard{mutex_};
    if (!changed_.wait_for(guard, std::chrono::seconds{20},
                           [&] { return out.has_value(); }))
      throw std::runtime_error{"no answer"};
    return std::move(*out);
  }

  [[nodiscard]] std::optional<store::dispatch_details>
  history(const message_id& id);

  [[nodiscard]] store::dispatch_page list(store::dispatch_filter filter);

  [[nodiscard]] std::vector<event_ptr> published();
  [[nodiscard]] std::vector<std::string> warnings();
  /// The same, once there is one.
  [[nodiscard]] std::vector<std::string> wait_for_warnings();
  /// All completions, in the order in which they were posted.
  [[nodiscard]] std::vector<store::completion> completions();

  [[nodiscard]] const std::string& path() const noexcept {
    return options.file.path;
  }

  /// Runs SQL on a connection of its own, as `sqlite3` would.
  void execute(const std::string& sql) const;
  [[nodiscard]] std::int64_t number(const std::string& sql) const;
  [[nodiscard]] std::string text(const std::string& sql) const;

  store::writer_options options;
  /// Called on the writer's thread, if set.
  std::function<void(const store::completion&)> on_completion;

private:
  scratch_directory directory_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t last_token_ = 0;
  std::vector<store::completion> completions_;
  std::vector<event_ptr> published_;
  std::vector<std::string> warnings_;
  std::optional<store::check_outcome> checked_;
  std::unique_ptr<store::dispatch_store> store_;
};

// -- operations that are used often -------------------------------------------

[[nodiscard]] std::shared_ptr<event> dispatched(const message_id& id);
[[nodiscard]] std::shared_ptr<event> responded(const message_id& id,
                                               const std::string& text = "ok");
[[nodiscard]] std::shared_ptr<event> progressed(const message_id& id,
                                                const std::string& text);

[[nodiscard]] std::shared_ptr<const response>
answer_of(const message_id& id, const std::string& text = "ok");

/// One that says why the task failed, with everything that a bridge can say.
[[nodiscard]] std::shared_ptr<const response>
failed_answer_of(const message_id& id);

/// A dispatch to agent "alpha" in session "s1", with its event.
[[nodiscard]] store::insert_dispatch
inserted(store::dispatch_number number, const message_id& id,
         dispatch_state state = dispatch_state::sent);

[[nodiscard]] store::end_dispatch completed(store::dispatch_number number,
                                            const message_id& id,
                                            std::uint16_t attempt = 1);

} // namespace bridgekeeper::test
