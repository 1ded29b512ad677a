#pragma once

#include "domain/keyed_hash.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace bridgekeeper {

/// A string that identifies one kind of thing and cannot be mixed up with
/// another kind. Holds any text; ids are validated where they enter the daemon
/// (see `is_valid_agent_id`).
template <class Tag>
class strong_id {
public:
  strong_id() = default;

  explicit strong_id(std::string text) : text_(std::move(text)) {}

  [[nodiscard]] const std::string& str() const noexcept {
    return text_;
  }

  [[nodiscard]] bool empty() const noexcept {
    return text_.empty();
  }

  friend bool operator==(const strong_id&, const strong_id&) = default;

  // The check mistakes the implicit 0 for a null pointer.
  // NOLINTNEXTLINE(modernize-use-nullptr)
  friend auto operator<=>(const strong_id&, const strong_id&) = default;

private:
  std::string text_;
};

/// Identifies an agent; chosen by its bridge.
using agent_id = strong_id<struct agent_id_tag>;

/// Identifies one dispatch; a UUID if the daemon generated it (contract section
/// 3).
using message_id = strong_id<struct message_id_tag>;

/// Identifies a session: a bridge's own or a control session.
using session_id = strong_id<struct session_id_tag>;

/// Identifies one life of a bridge's process; chosen by the bridge (protocol
/// 1.1).
using instance_id = strong_id<struct instance_id_tag>;

/// A session id shared by everything that belongs to the session. Immutable;
/// any thread.
class shared_session {
public:
  /// No session: the id is empty.
  shared_session() = default;

  explicit shared_session(session_id x)
    : id_(std::make_shared<const session_id>(std::move(x))) {}

  [[nodiscard]] explicit operator bool() const noexcept {
    return id_ != nullptr;
  }

  [[nodiscard]] const session_id& operator*() const noexcept {
    static const session_id none;
    return id_ ? *id_ : none;
  }

  [[nodiscard]] const session_id* operator->() const noexcept {
    return &**this;
  }

private:
  std::shared_ptr<const session_id> id_;
};

[[nodiscard]] inline shared_session share(session_id x) {
  return shared_session{std::move(x)};
}

/// Whether `text` is 1 to 64 letters, digits or hyphens (contract section 2).
[[nodiscard]] bool is_valid_agent_id(std::string_view text) noexcept;

/// Makes an id for an agent with this name: its letters and digits in lower
/// case, runs of other characters as one hyphen, and six random hexadecimal
/// digits (contract section 3).
[[nodiscard]] agent_id make_agent_id(std::string_view name);

/// Makes a random (version 4) UUID as text. Thread-safe.
[[nodiscard]] std::string make_uuid();

/// Makes a UUID (version 7, RFC 9562 section 5.7) as text: the time in
/// milliseconds, then 74 random bits from the system's generator. Later ones
/// sort after earlier ones of another millisecond, so new rows of a table are
/// next to each other. Ids made at about the same time differ only in their
/// last digits. Thread-safe.
[[nodiscard]] std::string make_uuid_v7();

/// The number of a registration. Each registration gets the next number, so
/// that messages from a superseded connection can be told from those of the
/// current one. Zero means "never registered".
enum class incarnation : std::uint64_t {};

[[nodiscard]] constexpr std::uint64_t to_number(incarnation x) noexcept {
  return static_cast<std::uint64_t>(x);
}

} // namespace bridgekeeper

template <class Tag>
struct std::hash<bridgekeeper::strong_id<Tag>> {
  // Deliberately not noexcept: libstdc++ then stores each entry's hash instead
  // of recomputing it for whole chains.
  std::size_t operator()(const bridgekeeper::strong_id<Tag>& x) const {
    return bridgekeeper::keyed_string_hash{}(x.str());
  }
};
