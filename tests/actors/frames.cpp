#include "actors/frames.hpp"

#include <doctest/doctest.h>

namespace bridgekeeper::test {

std::string register_frame(const std::string& agent, json more) {
  json out = {
      {"type", "register"}, {"agent_id", agent}, {"auth_token", test_token}};
  out.update(more);
  return out.dump();
}

std::string heartbeat_frame(const std::string& agent,
                            const std::string& timestamp) {
  return json{
      {"type", "heartbeat"}, {"agent_id", agent}, {"timestamp", timestamp}}
      .dump();
}

std::string progress_frame(const std::string& agent, const std::string& message,
                           const std::string& status, const std::string& text) {
  return json{{"type", "progress"},
              {"agent_id", agent},
              {"message_id", message},
              {"status", status},
              {"progress_text", text}}
      .dump();
}

std::string response_frame(const std::string& agent, const std::string& message,
                           const std::string& content) {
  return json{{"type", "response"},
              {"agent_id", agent},
              {"message_id", message},
              {"content", content}}
      .dump();
}

std::string failed_frame(const std::string& agent, const std::string& message,
                         const std::string& error) {
  return json{{"type", "response"},
              {"agent_id", agent},
              {"message_id", message},
              {"error", error}}
      .dump();
}

json parsed(const std::string& text) {
  auto out = json::parse(text, nullptr, false);
  CAPTURE(text);
  REQUIRE_FALSE(out.is_discarded());
  return out;
}

} // namespace bridgekeeper::test
