#pragma once

#include <nlohmann/json.hpp>

#include <string>

// What bridges and programs write, spelled out in JSON by another library than
// the one under test.

namespace bridgekeeper::test {

using json = nlohmann::json;

/// The one token that tests are let in with.
inline const std::string test_token = "open-sesame";

[[nodiscard]] std::string register_frame(const std::string& agent,
                                         json more = json::object());

[[nodiscard]] std::string heartbeat_frame(const std::string& agent,
                                          const std::string& timestamp = "t");

[[nodiscard]] std::string progress_frame(const std::string& agent,
                                         const std::string& message,
                                         const std::string& status,
                                         const std::string& text = "");

[[nodiscard]] std::string response_frame(const std::string& agent,
                                         const std::string& message,
                                         const std::string& content);

/// A response that says the task failed.
[[nodiscard]] std::string failed_frame(const std::string& agent,
                                       const std::string& message,
                                       const std::string& error);

/// Fails the test where `text` is no JSON.
[[nodiscard]] json parsed(const std::string& text);

} // namespace bridgekeeper::test
