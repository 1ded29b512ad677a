#pragma once

#include <string_view>

namespace bridgekeeper::app {

/// What a text, or each text of a list, must look like.
struct text_syntax {
  bool (*is_valid)(std::string_view text);
  /// Which values the option takes, in words.
  std::string_view expectation;
  /// Stands for the value in the help text: `ADDRESS`.
  std::string_view placeholder;
  /// No message, help text or listing ever shows a value.
  bool is_secret = false;
};

namespace syntax {

extern const text_syntax directory;

extern const text_syntax file;

/// HOST:PORT or unix:PATH to listen on.
extern const text_syntax endpoint;

/// HOST:PORT on the loopback interface, or `off`.
extern const text_syntax loopback;

/// An address, or a network as ADDRESS/BITS.
extern const text_syntax network;

/// The origin of a web page (RFC 6454, 6.2), as browsers write it: in lower
/// case, without the scheme's own port, a path or a slash at the end. Any other
/// text would match no page.
extern const text_syntax origin;

extern const text_syntax token;

} // namespace syntax

} // namespace bridgekeeper::app
