#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

namespace bridgekeeper::app {

/// In which slot each of an agent's sessions was used last: agents look for
/// sessions in their directory, and slots may have different ones. Knows the
/// newest sessions only.
class session_slots {
public:
  static constexpr std::size_t max_sessions = 1000;

  void set(const std::string& session, std::size_t slot) {
    if (session.empty())
      return;
    if (slots_.insert_or_assign(session, slot).second)
      order_.push_back(session);
    if (order_.size() > max_sessions) {
      slots_.erase(order_.front());
      order_.pop_front();
    }
  }

  [[nodiscard]] std::optional<std::size_t>
  find(const std::string& session) const {
    auto i = slots_.find(session);
    return i != slots_.end() ? std::optional{i->second} : std::nullopt;
  }

private:
  std::unordered_map<std::string, std::size_t> slots_;
  std::deque<std::string> order_;
};

} // namespace bridgekeeper::app
