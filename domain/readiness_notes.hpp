#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace bridgekeeper {

/// Problems of a daemon that still works. `GET /readyz` reports them to
/// monitoring without taking the daemon out of service. `/readyz` needs no
/// token, so no text may contain a path. Thread-safe; one instance per daemon.
class readiness_notes {
public:
  /// `text` is a sentence for people; an empty text clears the note on `about`.
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
