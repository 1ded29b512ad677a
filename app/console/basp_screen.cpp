#include "app/console/basp_screen.hpp"

#include <caf/atom.hpp>
#include <caf/io/basp/header.hpp>
#include <caf/io/basp/message_type.hpp>
#include <caf/message_id.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

namespace bridgekeeper::console {

namespace {

using caf::io::basp::message_type;

static_assert(basp_screen::header_size == caf::io::basp::header_size);

struct size_rule {
  message_type operation;
  std::size_t least;
  std::size_t most;
};

constexpr auto node_size = basp_screen::node_size;

/// The end of an error without a context as CAF writes it: an empty message.
constexpr std::string_view no_context{"\0\0\3@<>", 6};
/// The code and the category of an error come first.
constexpr std::size_t error_size = 1 + 8 + no_context.size();

/// The operations that a client may send. Only the daemon sends a server
/// handshake, and a routed message would go to, or come from, the process of
/// another operator.
constexpr std::array<size_rule, 5> rules{{
    {message_type::client_handshake, node_size, node_size},
    {message_type::direct_message, 1, basp_screen::max_message},
    {message_type::monitor_message, 2 * node_size, 2 * node_size},
    {message_type::down_message, 2 * node_size + error_size,
     2 * node_size + error_size},
    {message_type::heartbeat, 0, 0},
}};

/// The messages that the console's client sends, as CAF names their types. Each
/// new message needs a line here. Other types are dangerous: their lengths are
/// not checked (`@charbuf`), they nest (`@message`), or CAF itself acts on them
/// (an atom with an actor links the two).
constexpr std::array<std::string_view, 7> messages{{
    "@<>+@atom+bridgekeeper::actors::console_terminal", // attach
    "@<>+@atom+@str",                                   // run, complete
    "@<>+@atom",                                        // untail
    "@<>+bool",                                         // lines were shown
    "@<>+@error",                                       // lines were not shown
    "@<>+@atom+@atom+@str", // CAF's request for the actor that spawns others
    "@<>+@atom+@str+@strong_actor_ptr+@str", // CAF's answer to that request
}};

/// Big-endian, as on the wire.
std::uint64_t number_at(std::string_view text, std::size_t offset,
                        std::size_t size) {
  std::uint64_t out = 0;
  for (auto byte : text.substr(offset, size))
    out = out << 8 | static_cast<unsigned char>(byte);
  return out;
}

/// A message id determines the receiver's queue for the message. CAF treats
/// everything in the queues for streams as a stream message without checking
/// its type, so only the normal queue is allowed.
bool is_of_normal_category(std::uint64_t message_id) {
  using id = caf::message_id;
  constexpr std::uint64_t state =
      id::category_flag_mask | id::answered_flag_mask;
  return (message_id & state)
         == id::normal_message_category << id::category_offset;
}

bool is_node(std::string_view text) {
  constexpr auto kind = caf::atom("default");
  return text.size() == node_size
         && number_at(text, 0, 8) == static_cast<std::uint64_t>(kind);
}

/// The type names of a message. Empty if forwarding stages precede them or if
/// they are missing.
std::string_view types_of(std::string_view payload) {
  constexpr std::string_view no_stages_and_no_number{"\0\0\0", 3};
  constexpr std::size_t longest = 0x7f;
  if (!payload.starts_with(no_stages_and_no_number) || payload.size() < 4)
    return {};
  auto size = number_at(payload, 3, 1);
  return size > longest ? std::string_view{} : payload.substr(4, size);
}

} // namespace

std::optional<std::string> basp_screen::objection_to(std::string_view bytes) {
  while (!bytes.empty()) {
    auto part = bytes.substr(0, wanted_ - frame_.size());
    frame_ += part;
    bytes.remove_prefix(part.size());
    if (frame_.size() < wanted_)
      break;
    auto why =
        wanted_ == header_size ? objection_to_header() : objection_to_payload();
    if (why)
      return why;
    if (frame_.size() == wanted_) {
      frame_.clear();
      wanted_ = header_size;
    }
  }
  return std::nullopt;
}

std::optional<std::string> basp_screen::objection_to_header() {
  auto operation = static_cast<message_type>(number_at(frame_, 0, 1));
  auto size = number_at(frame_, 4, 4);
  const auto* rule =
      std::find_if(rules.begin(), rules.end(), [&](const size_rule& x) {
        return x.operation == operation;
      });
  if (rule == rules.end())
    return "the client sent the unexpected BASP operation "
           + std::to_string(number_at(frame_, 0, 1));
  if (node_.empty() && operation != message_type::client_handshake)
    return "the client sent a BASP frame before the handshake";
  if (size < rule->least || size > rule->most)
    return "the client announced a BASP payload of " + std::to_string(size)
           + " bytes";
  if (operation == message_type::direct_message
      && !is_of_normal_category(number_at(frame_, 8, 8)))
    return "the client sent a message other than a request, a response or a "
           "plain message";
  wanted_ += size;
  return std::nullopt;
}

std::optional<std::string> basp_screen::objection_to_payload() {
  auto operation = static_cast<message_type>(number_at(frame_, 0, 1));
  auto payload = std::string_view{frame_}.substr(header_size);
  if (operation == message_type::direct_message) {
    auto types = types_of(payload);
    if (std::find(messages.begin(), messages.end(), types) == messages.end())
      return "the client sent a message of an unexpected type";
    bool is_error = types.ends_with("@error");
    if (is_error
        && (payload.size() != 4 + types.size() + error_size
            || !payload.ends_with(no_context)))
      return "the client sent an error with a context";
    return std::nullopt;
  }
  // All other payloads begin with the client's node id, which never changes.
  auto node = payload.substr(0, node_size);
  if (!is_node(node) || (!node_.empty() && node != node_))
    return "the client sent a BASP frame in the name of another node";
  if (operation == message_type::down_message && !payload.ends_with(no_context))
    return "the client sent an error with a context";
  node_ = node;
  return std::nullopt;
}

} // namespace bridgekeeper::console
