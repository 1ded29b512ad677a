#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace bridgekeeper {

/// What is wrong with a daemon that works all the same: `GET /readyz` says so,
/// and so tells whoever watches it, without taking it out of service. Every
/// reader of `/readyz` sees it without a token, so no text names a path.
/// Thread-safe; one for the whole daemon.
class readiness_notes {
public:
  /// `text` is a sentence for a person; empty: all is well with `about` again.
  void set(const std::string& about, std::string text) {
    std::lock_guard guard{mutex_};
    if (text.empty())
      texts_.erase(about);
    else
      texts_[about] = std::move(text);
  }

  [[nodiscard]] std::vector<std::string> all() const {
    std::lock_guard guard{mutex_};
    std::vector<std::string> out;
    for (const auto& [about, text] : texts_)
      out.push_back(text);
    return out;
  }

private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> texts_;
};

} // namespace bridgekeeper
