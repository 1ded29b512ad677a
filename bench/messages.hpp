#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::bench {

struct options;

/// The string after `key` up to the next quote, in JSON as servers write it
/// without spaces; empty where there is none. A load generator that parsed
/// every answer would be measuring its parser.
[[nodiscard]] std::string_view text_after(std::string_view json,
                                          std::string_view key);

/// The number after `key`, or `absent`.
[[nodiscard]] std::size_t number_after(std::string_view text,
                                       std::string_view key);

inline constexpr std::size_t absent = static_cast<std::size_t>(-1);

/// Writes what agents and requesters say. All transports carry these same
/// bytes.
class messages {
public:
  explicit messages(const options& opts);

  /// `bench-000042`
  [[nodiscard]] const std::string& agent_name(std::size_t agent) const {
    return names_[agent];
  }

  // -- of a bridge ------------------------------------------------------------

  [[nodiscard]] std::string registration(std::size_t agent) const;

  [[nodiscard]] std::string heartbeat(std::size_t agent) const;

  void progress(std::string& out, std::size_t agent,
                std::string_view message_id, std::string_view text) const;

  void response(std::string& out, std::size_t agent,
                std::string_view message_id) const;

  // -- of a requester ---------------------------------------------------------

  /// For the control WebSocket; `slot` becomes the request's `id`.
  void control_dispatch(std::string& out, std::size_t agent,
                        std::size_t slot) const;

  /// The whole request, for HTTP.
  void http_dispatch(std::string& out, std::size_t agent) const;

private:
  std::vector<std::string> names_;
  std::string token_;
  /// The rest of a dispatch from `content` on, without the closing brace.
  std::string task_;
  std::string answer_;
  bool quiet_;
};

} // namespace bridgekeeper::bench
