#pragma once

#include "app/adapters/task_output.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bridgekeeper::app {

/// One run of an agent that prints samples.
class agent_run {
public:
  explicit agent_run(agent_kind kind, std::string session = {},
                     std::shared_ptr<session_totals> totals = {},
                     bool continues_session = true)
    : output_({.agent = kind,
               .session = std::move(session),
               .totals = std::move(totals),
               .continues_session = continues_session}) {}

  agent_run& prints(std::string_view line) {
    take(output_.on_stdout(line));
    take(output_.on_stdout("\n"));
    return *this;
  }

  agent_run& complains(std::string_view line) {
    take(output_.on_stderr(line));
    return *this;
  }

  task_report ends(task_end how = {}) {
    auto out = output_.finish(how, now);
    take(out.last_lines);
    return out;
  }

  task_report exits(int status) {
    return ends({.status = status});
  }

  [[nodiscard]] bool has_ended() const {
    return output_.has_ended();
  }

  /// The texts of the progress so far.
  [[nodiscard]] const std::vector<std::string>& shown() const {
    return shown_;
  }

  [[nodiscard]] bool shows(std::string_view text) const {
    return std::ranges::find(shown_, text) != shown_.end();
  }

  /// 2026-01-31, 12:00 in UTC.
  static constexpr timestamp now{std::chrono::seconds{1'769'860'800}};

private:
  void take(const progress_lines& lines) {
    for (const auto& x : lines)
      shown_.push_back(x.text);
  }

  task_output output_;
  std::vector<std::string> shown_;
};

inline nlohmann::json usage_json(const task_report& x) {
  return nlohmann::json::parse(x.usage.str());
}

inline nlohmann::json metadata_json(const task_report& x) {
  return nlohmann::json::parse(x.details.metadata.str());
}

} // namespace bridgekeeper::app
