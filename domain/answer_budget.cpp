#include "domain/answer_budget.hpp"

#include <utility>

namespace bridgekeeper {

void answer_budget::change_limits(const answer_limits& limits) {
  std::lock_guard guard{mutex_};
  limits_ = limits;
}

result<answer_budget::place> answer_budget::admit(const std::string& token,
                                                  const load& what) {
  std::lock_guard guard{mutex_};
  auto key = what.shared.get();
  auto is_new = key != nullptr && !shared_.contains(key);
  auto bytes = what.own + (is_new ? what.shared_bytes : 0);
  auto used = of_token_.find(token);
  if (used != of_token_.end() && used->second + bytes > limits_.per_token)
    return failure{errc::too_many_answers, {}};
  if (total_ > 0 && total_ + bytes > limits_.total)
    return failure{errc::answers_full, {}};
  take(token, bytes);
  if (key != nullptr) {
    auto& use = shared_[key];
    ++use.answers;
    if (is_new) {
      use.bytes = what.shared_bytes;
      use.token = token;
    }
  }
  // What is shared lives as long as its address is in use here.
  return place{nullptr, [self = shared_from_this(), token, what](const void*) {
                 self->release(token, what.own, what.shared.get());
               }};
}

void answer_budget::release(const std::string& token, std::size_t own,
                            const void* shared) {
  std::lock_guard guard{mutex_};
  give_back(token, own);
  auto pos = shared_.find(shared);
  if (pos == shared_.end() || --pos->second.answers > 0)
    return;
  give_back(pos->second.token, pos->second.bytes);
  shared_.erase(pos);
}

void answer_budget::take(const std::string& token, std::size_t bytes) {
  total_ += bytes;
  of_token_[token] += bytes;
}

void answer_budget::give_back(const std::string& token, std::size_t bytes) {
  total_ -= bytes;
  auto pos = of_token_.find(token);
  if (pos != of_token_.end() && (pos->second -= bytes) == 0)
    of_token_.erase(pos);
}

std::size_t answer_budget::limit() const {
  std::lock_guard guard{mutex_};
  return limits_.total;
}

std::size_t answer_budget::total() const {
  std::lock_guard guard{mutex_};
  return total_;
}

} // namespace bridgekeeper
