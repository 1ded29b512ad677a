#pragma once

#include "actors/fixture.hpp"
#include "actors/store_port.hpp"

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper::test {

/// A started world with a store on disk. What the store's threads tell arrives
/// when the test says so, so that a test can look at the time between a commit
/// and its consequences.
struct stored_world : started_world {
  stored_world();
  ~stored_world();

  /// Has everything committed that was submitted, and lets it have its effects.
  void commit();

  /// Lets what the store tells arrive until `is_true`, and fails after 30 s.
  void wait_until(const std::function<bool()>& is_true);

  /// Lets what the store tells next arrive, but not have its effects yet. Fails
  /// after 30 s.
  void let_arrive();

  /// The stored record; there must be one.
  [[nodiscard]] store::dispatch_details stored(const std::string& id);

  std::filesystem::path directory;
  std::optional<store_deliveries> deliveries;
  std::optional<store::dispatch_store> store;

private:
  void put(std::function<void()> x);

  std::mutex mutex_;
  std::condition_variable has_arrived_;
  std::vector<std::function<void()>> arrived_;
};

} // namespace bridgekeeper::test
