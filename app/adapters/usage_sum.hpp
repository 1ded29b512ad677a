#pragma once

#include "domain/messages.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <memory>

namespace bridgekeeper::app {

/// Adds up usages that an agent reports turn by turn. Amounts of the same name
/// are summed, also in nested objects; of other members, the last one counts.
/// One thread.
class usage_sum {
public:
  /// How many members are kept, including nested ones: agents report a dozen.
  static constexpr std::size_t max_members = 1000;

  usage_sum();

  usage_sum(const usage_sum&) = delete;

  usage_sum& operator=(const usage_sum&) = delete;

  ~usage_sum();

  /// Adds the usage of a turn. Anything but an object of at most
  /// `max_object_length` bytes is ignored.
  void add(const nlohmann::json& usage);

  /// The sum; `{}` if it would be longer than `max_object_length`.
  [[nodiscard]] json_object total() const;

private:
  void add(nlohmann::json& to, const nlohmann::json& from);

  std::unique_ptr<nlohmann::json> total_;
  std::size_t members_ = 0;
};

} // namespace bridgekeeper::app
