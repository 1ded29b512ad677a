#include "domain/explaining_ends.hpp"
#include "domain/failure_guide.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>

using namespace bridgekeeper;

namespace {

decision loss(std::string_view detail, std::optional<bool> can_resume) {
  auto out =
      make_decision({}, decision_topic::ended, errc::agent_lost, "Lost.");
  explain_loss(out, detail, can_resume);
  return out;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE(
    "only a dispatch whose bridge stayed away is explained by the grace") {
  CHECK(loss(lost_because(bridge_stayed_away), true).setting
        == "bridge.resume_grace");
  CHECK(loss(lost_because(bridge_was_restarted), true).setting.empty());
  CHECK(loss(lost_because(bridge_forgot_dispatch), true).setting.empty());
  CHECK(loss(daemon_was_restarted, true).setting.empty());
  CHECK(loss("(its bridge: closed by peer with 1000 Bridge stopped)", true)
            .setting.empty());
  CHECK(loss("(its bridge: closed by peer with 1006)", false).setting.empty());
}

TEST_CASE("ways to lose a dispatch have rules of their own") {
  CHECK(has(loss(lost_because(bridge_was_restarted), true).rule,
            "Another process"));
  CHECK(has(
      loss("(its bridge: closed by peer with 1000 Bridge stopped)", true).rule,
      "stopped"));
  CHECK(has(loss("(its bridge: closed by peer with 1006)", false).rule,
            "stock bridge"));
}

TEST_CASE("a bridge is not called stopped, or stock, if that is unknown") {
  for (auto can_resume : {std::optional<bool>{}, std::optional{true}}) {
    auto x = loss("(its bridge: closed by peer with 1006)", can_resume);
    CHECK_FALSE(has(x.rule, "stopped"));
    CHECK_FALSE(has(x.rule, "stock"));
    CHECK(has(x.rule, "link"));
    CHECK(x.setting.empty());
  }
}

TEST_CASE("a detail that begins with a blank stays as it is") {
  CHECK(in_words(" odd", errc::agent_lost) == " odd.");
}

TEST_CASE("the end of an idle link does not ask to dispatch again") {
  for (std::string_view detail : {"closed by peer with 1000 Bridge stopped", "",
                                  "closed by peer with 1006"}) {
    auto x = make_decision({}, decision_topic::disconnected, errc::agent_lost,
                           "Gone.");
    explain_link_end(x, detail);
    CHECK(x.setting.empty());
    CHECK_FALSE(has(x.next, "dispatch again"));
    CHECK(has(x.rule, "stopped") == has(std::string{detail}, "1000"));
  }
}

TEST_CASE("a timer names its own flag, and the setting only if it decided") {
  using fact::dispatch_timer;
  decision x;
  explain_timer(x, dispatch_timer::queue, true, "5s");
  CHECK(x.setting == "queue_timeout_s");
  CHECK(x.next == "Let the dispatch wait longer with `--queue-timeout`.");
  explain_timer(x, dispatch_timer::attempt, false, "660s");
  CHECK(x.setting == "dispatch.timeout");
  CHECK(x.next
        == "Give the dispatch more time with `--timeout`, or raise "
           "dispatch.timeout.");
  explain_timer(x, dispatch_timer::total, true, "5s");
  CHECK(x.setting == "total_timeout_s");
  CHECK(x.value == "5s");
}

TEST_CASE("every class of failures has a rule and an advice") {
  for (auto x : failure_classes()) {
    CHECK(guide_to(x).code == x);
    CHECK(guide_to(x).rule.ends_with('.'));
    CHECK(guide_to(x).next.ends_with('.'));
  }
}

TEST_CASE("reasons end sentences without a capital and with one full stop") {
  CHECK(in_words({}, errc::cancelled) == "the dispatch was cancelled.");
  CHECK(in_words({}, errc::draining) == "Bridgekeeper is shutting down.");
  CHECK(in_words({}, errc::bad_upgrade).starts_with("WebSocket"));
  CHECK(in_words("A field is wrong.\nCorrect it.", errc::invalid_message)
        == "a field is wrong.");
  CHECK(in_words("Traceback: x", errc::task_failed) == "Traceback: x.");
}

TEST_CASE("a bridge that has announced its slots is told how to change them") {
  auto made = std::make_shared<announcement>();
  CHECK(slots_setting{made}.name == "bridge.stock_slots");
  made->instance = instance_id{"i-1"};
  CHECK(slots_setting{made}.name == "slots");
  CHECK(slots_setting{nullptr}.name == "bridge.stock_slots");
}
