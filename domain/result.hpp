#pragma once

#include "domain/errc.hpp"

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace bridgekeeper {

/// Why something was rejected or ended. Never contains a token.
struct cause {
  errc code = errc::internal;
  /// What exactly was wrong, in words for people. The second line, if there is
  /// one, says what to do about it.
  std::string detail;
};

/// Why something cannot be done, and which input field is at fault.
struct failure : cause {
  /// The invalid field, if it was a field.
  std::string_view field = {};
  /// What is wrong with the field, as classified in the reference's 422 bodies:
  /// `missing`, `string_type`, … (contract section 2).
  std::string_view kind = {};
};

/// The failure's detail, or its reason's sentence if there is no detail.
[[nodiscard]] inline std::string to_string(const cause& x) {
  return x.detail.empty() ? std::string{sentence(x.code)} : x.detail;
}

/// The same text without the second line, and only the second line (empty if
/// there is none).
[[nodiscard]] inline std::string headline(const failure& x) {
  auto text = to_string(x);
  return text.substr(0, text.find('\n'));
}

[[nodiscard]] inline std::string hint(const failure& x) {
  auto end = x.detail.find('\n');
  return end == std::string::npos ? std::string{} : x.detail.substr(end + 1);
}

/// A value, or the reason why there is none. `domain` and `protocol` report
/// errors in no other way.
template <class T>
using result = boost::system::result<T, failure>;

// Makes `result::value()` usable in start-up code, where exceptions are
// allowed.
[[noreturn]] inline void throw_exception_from_error(const failure& x,
                                                    const auto&...) {
  throw std::runtime_error(to_string(x));
}

} // namespace bridgekeeper
