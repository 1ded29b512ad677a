// Frames of bridges and programs, and bodies of requests: none makes a reader
// fail in a way that it does not state, and what we write about it is JSON.

#include "domain/limits.hpp"
#include "protocol/codec.hpp"
#include "protocol/control_codec.hpp"
#include "protocol/json_fields.hpp"
#include "protocol/response_remains.hpp"
#include "protocol/usage_cost.hpp"
#include "protocol/violation.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

#include "fuzz/expect.hpp"

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;
using bridgekeeper::fuzz::expect;

namespace {

bool is_json(std::string_view text) {
  return nlohmann::json::accept(text);
}

/// What one end writes, the other reads, and nothing is lost on the way. Only
/// the second text counts: the first may bring its numbers into our form.
void pass_on(const bridge_message& message) {
  auto text = protocol::encode(message);
  expect(is_json(text), "an encoded message is JSON");
  auto again = decode(text);
  expect(again.has_value(), "an encoded message can be read");
  expect(again->index() == message.index(), "a message keeps its type");
  auto settled = encode(*again);
  auto last = decode(settled);
  expect(last.has_value() && encode(*last) == settled,
         "a message that is passed on stays as it is");
}

template <class T>
void read_body(std::string_view text, result<T> (*read)(std::string_view),
               std::span<const body_member> members) {
  auto body = read(text);
  if (body)
    return;
  auto wrong = body_violations(text, members, body.error());
  expect(!wrong.empty(), "a refused body has something wrong with it");
  expect(is_json(to_json(wrong)), "what is wrong is told as JSON");
}

void read_request(std::string_view text) {
  auto request = decode_control(text);
  if (auto refusal = std::get_if<control_refusal>(&request))
    expect(is_json(encode_error(refusal->id, nullptr, refusal->why)),
           "a refusal is JSON");
}

/// Which of the two parsers reads a message depends on its length.
void read_twice(std::string_view text) {
  constexpr std::array<std::string_view, 2> wanted{"type", "usage"};
  auto quickly = json_fields::parse(text, wanted);
  auto slowly = json_fields::parse_slowly(text, wanted);
  expect(quickly.has_value() == slowly.has_value(),
         "both parsers accept the same texts");
  if (quickly)
    for (auto name : wanted)
      expect(quickly->find(name).kind == slowly->find(name).kind,
             "both parsers read the same values");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  if (auto message = decode(text))
    pass_on(*message);
  else
    expect(!to_string(message.error()).empty(), "a refusal has a reason");
  read_twice(text);
  if (auto remains = find_response_remains(text))
    expect(!remains->message.empty()
               && remains->message.str().size() <= max_label_length,
           "what remains of a response names its dispatch");
  if (is_json(text) && text.starts_with('{'))
    expect(cost_of(json_object{std::string{text}}, {micro_usd{100}, {}}).cost
               <= micro_usd{100},
           "a cost is no more than what is believed");
  if (auto core = decode_core_response(text)) {
    expect(!core->message.empty(), "an answer that is kept names its dispatch");
    pass_on(*core);
  }
  read_request(text);
  read_body(text, decode_dispatch_body, dispatch_body_members());
  read_body(text, decode_routed_body, routed_body_members());
  read_body(text, decode_followup_body, followup_body_members());
  read_body(text, decode_enlistment, enlistment_members());
  return 0;
}
