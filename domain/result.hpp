#pragma once

#include "domain/errc.hpp"

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace bridgekeeper {

/// Why something was refused, or ended. Nothing in it ever contains a token.
struct cause {
  errc code = errc::internal;
  /// What exactly was wrong, in words for a person. A second line, where there
  /// is one, says what to do about it.
  std::string detail;
};

/// Why something cannot be done, and which field of the input is to blame.
struct failure : cause {
  /// The field that was wrong, where one was.
  std::string_view field = {};
  /// What was wrong with it, as the reference's 422 bodies classify it:
  /// `missing`, `string_type`, … (contract section 2).
  std::string_view kind = {};
};

/// The failure's detail or, where there is none, its reason's sentence.
[[nodiscard]] inline std::string to_string(const cause& x) {
  return x.detail.empty() ? std::string{sentence(x.code)} : x.detail;
}

/// The same without the second line, and that line: empty where there is none.
[[nodiscard]] inline std::string headline(const failure& x) {
  auto text = to_string(x);
  return text.substr(0, text.find('\n'));
}

[[nodiscard]] inline std::string hint(const failure& x) {
  auto end = x.detail.find('\n');
  return end == std::string::npos ? std::string{} : x.detail.substr(end + 1);
}

/// A value, or why there is none. This room reports errors in no other way.
template <class T>
using result = boost::system::result<T, failure>;

// Makes `result::value()` usable where an exception is welcome (start-up).
[[noreturn]] inline void throw_exception_from_error(const failure& x,
                                                    const auto&...) {
  throw std::runtime_error(to_string(x));
}

} // namespace bridgekeeper
