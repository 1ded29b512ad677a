#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <unordered_map>

namespace bridgekeeper::app {

/// Amounts by name: `total_cost_usd`, `input_tokens`, …
using usage_amounts = std::map<std::string, double, std::less<>>;

/// What agents have reported as the totals of their sessions. Some agents
/// report what a session has used so far, including earlier tasks. Knows the
/// sessions that were used last. One thread.
class session_totals {
public:
  static constexpr std::size_t max_sessions = 1000;

  /// Takes new totals of a session and returns by how much they exceed the
  /// previous ones. If one is lower than before, the agent counts from zero in
  /// each process; then, and for every later task of the session, all of it is
  /// new. A session that is not known yet goes on from the totals of `origin`,
  /// the session that it continues under another id; empty if there is none.
  [[nodiscard]] usage_amounts advance(const std::string& session,
                                      const usage_amounts& totals,
                                      const std::string& origin = {});

  [[nodiscard]] std::size_t size() const noexcept {
    return places_.size();
  }

private:
  struct entry {
    std::string session;
    usage_amounts totals;
    bool counts_from_zero = false;
  };

  /// The session that was used last comes first.
  std::list<entry> entries_;
  std::unordered_map<std::string, std::list<entry>::iterator> places_;
};

} // namespace bridgekeeper::app
