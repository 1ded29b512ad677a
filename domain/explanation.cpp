#include "domain/explanation.hpp"

#include "domain/count_text.hpp"
#include "domain/reason_guide.hpp"

#include <algorithm>
#include <utility>

namespace bridgekeeper {

namespace {

using std::chrono::milliseconds;

/// From here on, a longer unit is easier to read.
constexpr milliseconds many_seconds = std::chrono::minutes{10};
constexpr milliseconds many_minutes = std::chrono::hours{3};
constexpr milliseconds many_hours = std::chrono::days{14};

/// `count / unit` with at most one decimal place.
std::string tenths(std::int64_t count, std::int64_t unit) {
  auto x = (count * 10 + unit / 2) / unit;
  auto out = std::to_string(x / 10);
  return x % 10 == 0 ? out : out + '.' + std::to_string(x % 10);
}

} // namespace

std::string_view to_string(explained_kind x) noexcept {
  switch (x) {
  case explained_kind::dispatch:
    return "dispatch";
  case explained_kind::reason:
    return "reason";
  case explained_kind::agent:
    break;
  }
  return "agent";
}

std::string duration_text(milliseconds x) {
  auto count = std::int64_t{x.count()};
  if (x < milliseconds{1000})
    return std::to_string(count) + " ms";
  if (x < many_seconds)
    return tenths(count, 1000) + " s";
  if (x < many_minutes)
    return tenths(count, 60'000) + " min";
  if (x < many_hours)
    return tenths(count, 3'600'000) + " h";
  return tenths(count, 86'400'000) + " days";
}

std::string seconds_value(milliseconds x) {
  auto count = std::int64_t{x.count()};
  constexpr std::int64_t day = 86'400'000;
  if (count >= day && count % day == 0)
    return std::to_string(count / day) + 'd';
  auto out = std::to_string(count / 1000);
  if (auto rest = count % 1000; rest != 0) {
    auto digits = std::to_string(1000 + rest).substr(1);
    out += '.' + digits.substr(0, digits.find_last_not_of('0') + 1);
  }
  return out + 's';
}

void collect_advice(explanation& x) {
  for (auto step = x.steps.rbegin();
       step != x.steps.rend() && x.next.size() < explanation::max_advice;
       ++step)
    if (!step->next.empty()
        && std::find(x.next.begin(), x.next.end(), step->next) == x.next.end())
      x.next.push_back(step->next);
}

explanation explain_reason(errc why, std::string value,
                           std::vector<decision> decisions) {
  const auto& guide = guide_to(why);
  explanation out{explained_kind::reason, std::string{token(why)}, {}, {}, {}};
  std::uint64_t times = 0;
  for (const auto& x : decisions)
    times += x.times;
  out.summary = out.id + ": " + std::string{guide.rule};
  out.summary += times == 0 ? " No case has occurred since the daemon was "
                              "started, or none is remembered any more."
                            : " The daemon remembers "
                                  + count_text(times, "case", "cases") + '.';
  out.steps = std::move(decisions);
  if (out.steps.empty())
    out.steps.push_back({.text = std::string{guide.rule},
                         .why = why,
                         .rule = std::string{guide.rule},
                         .setting = std::string{guide.setting},
                         .value = std::move(value),
                         .next = std::string{guide.next}});
  collect_advice(out);
  return out;
}

} // namespace bridgekeeper
