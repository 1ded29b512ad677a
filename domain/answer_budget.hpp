#pragma once

#include "domain/result.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace bridgekeeper {

struct answer_limits {
  /// Bytes that large answers under way may hold, in all and for one token.
  std::size_t total = 128 * 1024 * 1024;
  std::size_t per_token = 32 * 1024 * 1024;
};

/// Bounds the memory that large answers hold while they are sent. One for the
/// daemon, shared by all I/O threads. Thread-safe; asked once for a large
/// answer, and never for a small one.
class answer_budget : public std::enable_shared_from_this<answer_budget> {
public:
  /// The place of an answer under way; its memory is given back when this is
  /// let go of. Opaque.
  using place = std::shared_ptr<const void>;

  /// What an answer holds: bytes of its own, and perhaps something that other
  /// answers hold as well, which counts once.
  struct load {
    std::size_t own = 0;
    std::shared_ptr<const void> shared;
    std::size_t shared_bytes = 0;
  };

  explicit answer_budget(const answer_limits& limits = {}) : limits_(limits) {}

  /// New limits for what comes from now on.
  void change_limits(const answer_limits& limits);

  /// A place for one more answer to the token with this label, or why there is
  /// none: `too_many_answers` of this token, `answers_full` in all. Into an
  /// empty budget anything fits, however large.
  [[nodiscard]] result<place> admit(const std::string& token, const load& what);

  /// Bytes held in all.
  [[nodiscard]] std::size_t total() const;

  /// The limit for that.
  [[nodiscard]] std::size_t limit() const;

private:
  struct shared_use {
    std::size_t answers = 0;
    std::size_t bytes = 0;
    /// Who pays for it: the first to ask.
    std::string token;
  };

  void release(const std::string& token, std::size_t own, const void* shared);
  void take(const std::string& token, std::size_t bytes);
  void give_back(const std::string& token, std::size_t bytes);

  mutable std::mutex mutex_;
  answer_limits limits_;
  std::size_t total_ = 0;
  std::unordered_map<std::string, std::size_t> of_token_;
  std::unordered_map<const void*, shared_use> shared_;
};

} // namespace bridgekeeper
