#include "domain/decision_log.hpp"

#include "domain/utf8.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bridgekeeper {

namespace {

/// Texts from peers may be long.
constexpr std::size_t max_text = 600;

constexpr std::size_t megabyte = 1024 * 1024;

void cut(std::string& text) {
  if (text.size() > max_text)
    text = std::string{cut_utf8(text, max_text)} + "…";
}

} // namespace

decision_log::decision_log(timestamp began)
  : began_(began), agents_({10'000, 16, 8 * megabyte}),
    claims_({1'000, 4, megabyte}), dispatches_({10'000, 16, 8 * megabyte}),
    reasons_({all_reasons().size(), 20, megabyte}) {}

void decision_log::note(decision x, const subject& about) {
  cut(x.text);
  if (x.since == timestamp{})
    x.since = x.at;
  if (auto agent = about.agent != nullptr ? about.agent : about.owner)
    x.agent = *agent;
  if (about.message != nullptr)
    x.message = *about.message;
  std::lock_guard guard{mutex_};
  if (!x.setting.empty() && x.value.empty())
    x.value = value_of(*settings_, x.setting);
  if (about.agent != nullptr && !about.agent->empty()
      && (!about.agent_is_unproven || agents_.has(*about.agent)))
    (about.is_claim ? claims_ : agents_).note(*about.agent, x);
  if (x.why) {
    auto among_others = x;
    // The texts must say whom they are about, unlike among the decisions about
    // one subject.
    if (about.agent != nullptr && !about.agent->empty())
      among_others.text = "Agent " + about.agent->str() + ": " + x.text;
    reasons_.note(std::string{token(*x.why)}, std::move(among_others));
  }
  if (about.message != nullptr && !about.message->empty()
      && (!about.message_is_unproven || dispatches_.has(*about.message)))
    dispatches_.note(*about.message, std::move(x));
}

std::vector<decision> decision_log::about(const agent_id& x) const {
  std::lock_guard guard{mutex_};
  auto out = agents_.about(x);
  auto claims = claims_.about(x);
  auto middle = static_cast<std::ptrdiff_t>(out.size());
  std::move(claims.begin(), claims.end(), std::back_inserter(out));
  std::inplace_merge(out.begin(), out.begin() + middle, out.end(),
                     [](const auto& a, const auto& b) { return a.at < b.at; });
  return out;
}

std::vector<decision> decision_log::about(const message_id& x) const {
  std::lock_guard guard{mutex_};
  return dispatches_.about(x);
}

std::vector<decision> decision_log::about(errc x) const {
  std::lock_guard guard{mutex_};
  return reasons_.about(std::string{token(x)});
}

void decision_log::forget(const agent_id& agent, const message_id& dispatch) {
  auto is_meant = [&](const decision& x) { return x.message == dispatch; };
  std::lock_guard guard{mutex_};
  dispatches_.forget(dispatch);
  agents_.forget_if(agent, is_meant);
  reasons_.forget_if(is_meant);
}

void decision_log::forget(const agent_id& agent) {
  auto is_meant = [&](const decision& x) { return x.agent == agent; };
  std::lock_guard guard{mutex_};
  agents_.forget(agent);
  claims_.forget(agent);
  dispatches_.forget_if(is_meant);
  reasons_.forget_if(is_meant);
}

void decision_log::change_settings(setting_values x) {
  auto made = std::make_shared<const setting_values>(std::move(x));
  std::lock_guard guard{mutex_};
  settings_ = std::move(made);
}

std::shared_ptr<const setting_values> decision_log::settings() const {
  std::lock_guard guard{mutex_};
  return settings_;
}

} // namespace bridgekeeper
