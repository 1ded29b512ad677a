#pragma once

#include "domain/event.hpp"
#include "domain/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace bridgekeeper {

/// Selects events: all of them, or those of one agent, session or dispatch.
struct stream_name {
  enum class kind_type : std::uint8_t { all, agent, session, dispatch };

  stream_name() = default;
  explicit stream_name(const agent_id& x)
    : kind(kind_type::agent), id(x.str()) {}
  explicit stream_name(const session_id& x)
    : kind(kind_type::session), id(x.str()) {}
  explicit stream_name(const message_id& x)
    : kind(kind_type::dispatch), id(x.str()) {}

  [[nodiscard]] bool covers(const event& x) const noexcept {
    switch (kind) {
    case kind_type::all:
      return true;
    case kind_type::agent:
      return id == x.agent.str();
    case kind_type::session:
      return id == x.session->str()
             || (x.bridge_session && id == x.bridge_session->str());
    case kind_type::dispatch:
      break;
    }
    auto about = message_of(x);
    return about != nullptr && id == about->str();
  }

  /// Whether no live event follows `x` in this stream.
  [[nodiscard]] bool ends_with(const event& x) const noexcept {
    return kind == kind_type::dispatch && ends_dispatch(x) && covers(x);
  }

  friend bool operator==(const stream_name&, const stream_name&) = default;

  kind_type kind = kind_type::all;
  std::string id;
};

} // namespace bridgekeeper

template <>
struct std::hash<bridgekeeper::stream_name> {
  std::size_t operator()(const bridgekeeper::stream_name& x) const {
    return std::hash<std::string>{}(x.id) ^ static_cast<std::size_t>(x.kind);
  }
};
