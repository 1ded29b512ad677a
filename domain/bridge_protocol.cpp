#include "domain/bridge_protocol.hpp"

#include "domain/limits.hpp"

#include <algorithm>
#include <array>

namespace bridgekeeper {

namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr std::array resume_states{resume_state::waiting, resume_state::running,
                                   resume_state::finished};

} // namespace

bridge_protocol negotiate(std::string_view named) noexcept {
  constexpr std::string_view major = "1.";
  if (!named.starts_with(major))
    return bridge_protocol::v1_0;
  // The minor version is not converted to a number, which it could exceed.
  auto minor = named.substr(major.size());
  auto is_number = !minor.empty() && minor.front() != '0'
                   && std::all_of(minor.begin(), minor.end(), is_digit);
  return is_number ? bridge_protocol::v1_1 : bridge_protocol::v1_0;
}

bridge_protocol negotiate(std::string_view named,
                          std::string_view instance) noexcept {
  return is_valid_instance_id(instance) ? negotiate(named)
                                        : bridge_protocol::v1_0;
}

bool is_valid_instance_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= max_instance_id_length
         && std::all_of(text.begin(), text.end(), [](char c) {
              return is_letter(c) || is_digit(c) || c == '-';
            });
}

bool is_valid_label_key(std::string_view text) noexcept {
  return !text.empty() && text.size() <= max_label_key_length
         && std::all_of(text.begin(), text.end(), [](char c) {
              return is_letter(c) || is_digit(c) || c == '.' || c == '_'
                     || c == '/' || c == '-';
            });
}

std::string_view to_string(resume_state x) noexcept {
  switch (x) {
  case resume_state::waiting:
    break;
  case resume_state::running:
    return "running";
  case resume_state::finished:
    return "finished";
  }
  return "waiting";
}

std::optional<resume_state> to_resume_state(std::string_view name) noexcept {
  for (auto x : resume_states)
    if (name == to_string(x))
      return x;
  return std::nullopt;
}

} // namespace bridgekeeper
