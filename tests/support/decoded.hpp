#pragma once

#include "protocol/codec.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <variant>

namespace bridgekeeper::test {

/// The message in `frame`; the test ends if it is none of this type.
template <class Message>
Message decoded(std::string_view frame) {
  auto message = protocol::decode(frame);
  if (!message)
    FAIL("refused: ", message.error().detail);
  REQUIRE(std::holds_alternative<Message>(*message));
  return std::get<Message>(std::move(*message));
}

/// Why `frame` is refused; the test ends if it is not.
inline failure refusal_of(std::string_view frame) {
  auto message = protocol::decode(frame);
  REQUIRE(message.has_error());
  return message.error();
}

} // namespace bridgekeeper::test
