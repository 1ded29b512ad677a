#include "app/adapters/aider_adapter.hpp"

#include "app/adapters/agent_json.hpp"
#include "app/adapters/failure_text.hpp"
#include "app/adapters/plain_text.hpp"
#include "domain/trimmed.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace bridgekeeper::app {

namespace {

/// A number such as `400`, `2.3k` or `1M` before `unit`: `2.3k sent`.
std::optional<double> amount_before(std::string_view line,
                                    std::string_view unit) {
  auto end = line.find(unit);
  if (end == std::string_view::npos)
    return std::nullopt;
  auto words = trimmed(line.substr(0, end));
  auto word = words.substr(words.find_last_of(" ,$") + 1);
  auto factor = 1.0;
  if (word.ends_with('k'))
    factor = 1e3;
  else if (word.ends_with('M'))
    factor = 1e6;
  if (factor > 1)
    word.remove_suffix(1);
  auto out = 0.0;
  auto last = word.data() + word.size();
  auto [stop, error] = std::from_chars(word.data(), last, out);
  if (error != std::errc{} || stop != last || !(out >= 0) || out > 1e12)
    return std::nullopt;
  return out * factor;
}

/// `litellm.RateLimitError: …`, as litellm and aider report failed calls.
bool is_model_error(std::string_view line) {
  auto name = line.substr(0, std::min(line.find(':'), line.size()));
  return name.starts_with("litellm.") && name.ends_with("Error");
}

} // namespace

void aider_adapter::on_text(std::string_view line) {
  auto text = plain_text(line);
  std::string_view words = trimmed(text);
  if (words.starts_with("Tokens: ")) {
    sent_ += amount_before(words, " sent").value_or(0);
    received_ += amount_before(words, " received").value_or(0);
    cache_written_ += amount_before(words, " cache write").value_or(0);
    cache_hit_ += amount_before(words, " cache hit").value_or(0);
    last_error_.clear();
    // The cost is on the same line or on the next one.
    if (auto cost = amount_before(words, " session"))
      cost_ = *cost;
    note_usage();
  } else if (words.starts_with("Cost: ")) {
    if (auto cost = amount_before(words, " session"))
      cost_ = *cost;
    note_usage();
  } else if (words.starts_with("Model: ")
             || words.starts_with("Main model: ")) {
    auto name = words.substr(words.find(": ") + 2);
    found().model = name.substr(0, name.find(' '));
  } else if (is_model_error(words)) {
    last_error_ = words;
  }
}

void aider_adapter::note_usage() {
  nlohmann::json usage(nlohmann::json::value_t::object);
  auto set = [&usage](const char* name, double x) {
    if (x > 0)
      usage[name] = static_cast<std::uint64_t>(std::min(x, 1e15));
  };
  // aider counts cached tokens as sent; we count them apart, as Claude does.
  set("input_tokens", std::max(sent_ - cache_hit_ - cache_written_, 0.0));
  set("output_tokens", received_);
  set("cache_read_input_tokens", cache_hit_);
  set("cache_creation_input_tokens", cache_written_);
  if (cost_ >= 0)
    usage["total_cost_usd"] = cost_;
  found().usage = json_object{json_text(usage)};
}

void aider_adapter::on_end(const task_end& /*end*/,
                           std::string_view /*errors*/) {
  if (!last_error_.empty())
    found().fail(last_error_, classify_failure(last_error_));
}

} // namespace bridgekeeper::app
