#include "domain/explaining_ends.hpp"

#include "domain/failure_guide.hpp"

#include <algorithm>
#include <utility>

namespace bridgekeeper {

namespace {

struct loss_rule {
  /// Part of the detail.
  std::string_view sign;
  std::string_view rule;
  std::string_view next;
};

/// None of them depends on a setting.
constexpr loss_rule losses[] = {
    {bridge_was_restarted,
     "Another process of the bridge has registered, and a new process cannot "
     "go on with the work of an earlier one.",
     "Find out why the bridge was restarted (its log), then dispatch again; "
     "`--retry` does that by itself."},
    {bridge_forgot_dispatch,
     "A dispatch is lost when its bridge comes back without it.",
     "Find out from the bridge's log what became of the dispatch, then "
     "dispatch again; `--retry` does that by itself."},
    {daemon_was_restarted,
     "Only a bridge that speaks protocol 1.1 can continue its work after a "
     "restart of the daemon.",
     "Dispatch again; `--retry` does that by itself."},
};

/// Whether a sentence that begins with this word keeps its capital: a name, or
/// a word with several capitals.
bool is_name(std::string_view word) {
  auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return word == "Bridgekeeper" || word.size() < 2
         || !std::all_of(word.begin() + 1, word.end(), is_lower);
}

/// 1000 is the close code of an orderly end (RFC 6455, section 7.4.1).
constexpr std::string_view orderly_end = "closed by peer with 1000";

bool says(std::string_view detail, std::string_view sign) {
  return detail.find(sign) != std::string_view::npos;
}

} // namespace

std::string in_words(std::string_view detail, errc why) {
  std::string out{detail.empty() ? sentence(why) : detail};
  out.resize(std::min(out.find('\n'), out.size()));
  auto first = std::string_view{out}.substr(0, out.find(' '));
  auto is_of_agent = why == errc::task_failed && !detail.empty();
  auto is_article = first == "A";
  if (!is_of_agent && !first.empty() && first.size() < out.size()
      && (is_article
          || (first.front() >= 'A' && first.front() <= 'Z' && !is_name(first))))
    out.front() = static_cast<char>(out.front() - 'A' + 'a');
  return out.ends_with('.') ? out : out + '.';
}

std::string lost_because(std::string_view cause) {
  return std::string{sentence(errc::agent_lost)} + " (" + std::string{cause}
         + ')';
}

void explain_loss(decision& x, std::string_view detail,
                  std::optional<bool> can_resume) {
  for (const auto& loss : losses)
    if (says(detail, loss.sign)) {
      x.rule = loss.rule;
      x.setting = {};
      x.next = loss.next;
      return;
    }
  if (says(detail, bridge_stayed_away)) {
    x.rule = "A bridge that speaks protocol 1.1 may be away for "
             "bridge.resume_grace before its dispatches are lost.";
    x.setting = "bridge.resume_grace";
    x.next = "Find out why the bridge did not come back (its log, its "
             "network), or raise bridge.resume_grace; then dispatch again. "
             "`--retry` does that by itself.";
  } else if (can_resume == false) {
    x.rule = "The dispatches of a stock bridge are lost when its link ends.";
    x.setting = {};
    x.next = "Find out why the link has ended (the bridge's log), then "
             "dispatch again; `--retry` does that by itself. Bridges of "
             "protocol 1.1 go on with their work after a reconnect.";
  } else if (says(detail, orderly_end)) {
    x.rule = "A bridge that has been stopped does not come back for its work, "
             "so its dispatches are lost at once.";
    x.setting = {};
    x.next = "Start the bridge again, then dispatch again; `--retry` does that "
             "by itself. Before you stop a bridge, drain its agent with "
             "`bridgekeeper drain`.";
  } else {
    x.rule = "The dispatches of a bridge are lost when its link ends, unless "
             "the bridge speaks protocol 1.1 and can come back for them.";
    x.setting = {};
    x.next = "Find out why the link has ended (the bridge's log), then "
             "dispatch again; `--retry` does that by itself.";
  }
}

void explain_link_end(decision& x, std::string_view detail) {
  x.setting = {};
  if (says(detail, orderly_end)) {
    x.rule = "A bridge that is stopped closes its link.";
    x.next = "Start the bridge again if the agent should work.";
    return;
  }
  x.rule = "An agent is connected only while its bridge has a link.";
  x.next = "Check whether the bridge still runs (its log), and the network "
           "between it and the daemon; after a lost connection, a bridge "
           "connects again by itself.";
}

void explain_timer(decision& x, fact::dispatch_timer which, bool is_asked,
                   std::string value) {
  using fact::dispatch_timer;
  std::string_view field;
  std::string_view flag;
  switch (which) {
  case dispatch_timer::none:
    return;
  case dispatch_timer::attempt:
    x.rule = "An attempt may take as long as its timeout says, from when it is "
             "sent.";
    field = "timeout_s";
    flag = "Give the dispatch more time with `--timeout`";
    break;
  case dispatch_timer::queue:
    x.rule = "A dispatch may wait to be sent for as long as its queue timeout "
             "says.";
    field = "queue_timeout_s";
    flag = "Let the dispatch wait longer with `--queue-timeout`";
    break;
  case dispatch_timer::total:
    x.rule = "All attempts of a dispatch together may take as long as its "
             "total timeout says.";
    field = "total_timeout_s";
    flag = "Give the dispatch more time with `--total-timeout`";
    is_asked = true;
    break;
  case dispatch_timer::grace:
    explain_loss(x, bridge_stayed_away, true);
    x.value = std::move(value);
    return;
  }
  x.setting = is_asked ? field : "dispatch.timeout";
  x.value = std::move(value);
  x.next = std::string{flag}
           + (is_asked ? std::string{"."} : ", or raise dispatch.timeout.");
}

slots_setting::slots_setting(const announcement_ptr& announced) {
  auto is_stock = !announced || announced->instance.empty();
  name = is_stock ? "bridge.stock_slots" : "slots";
  advice = is_stock ? "raise bridge.stock_slots"
                    : "start the bridge with more slots (`bridgekeeper bridge "
                      "--max-tasks`)";
}

void explain_failure(decision& x, std::optional<failure_class> why) {
  if (!why)
    return;
  const auto& guide = guide_to(*why);
  x.rule = guide.rule;
  x.next = guide.next;
}

} // namespace bridgekeeper
