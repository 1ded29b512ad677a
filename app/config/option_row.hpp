#pragma once

#include "app/config/config.hpp"
#include "app/config/option.hpp"
#include "domain/limits.hpp"
#include "protocol/control_codec.hpp"

#include <limits>
#include <tuple>
#include <type_traits>
#include <utility>

/// The words that rows of `options()` are written in. Only that table uses
/// them.
namespace bridgekeeper::app::option_row {

using namespace syntax;
using namespace units;

using server = config::server_section;
using auth = config::auth_section;
using tls = config::tls_section;
using bridge = config::bridge_section;
using agents = config::agents_section;
using heartbeat = config::heartbeat_section;
using dispatch = config::dispatch_section;
using limits = config::limits_section;
using cost = config::cost_section;
using http = config::http_section;
using control = config::control_section;
using events = config::events_section;
using metrics = config::metrics_section;
using console = config::console_section;
using log = log_options;
using store = config::store_section;
using audit = config::audit_section;
using shutdown = config::shutdown_section;

inline constexpr auto at_start = takes_effect::at_start;

inline constexpr double lowest = -std::numeric_limits<double>::infinity();
inline constexpr double million = 1e6;
inline constexpr double most_usd = 1e9;
inline constexpr double gibibyte = 1024 * mebibyte;
inline constexpr double hour = 3600;
inline constexpr double day = 24 * hour;
inline constexpr double year = 366 * day;
inline constexpr double longest_dispatch =
    seconds{protocol::max_dispatch_timeout}.count();

// -- where an option's value lives --------------------------------------------

/// All sections of a config, to be picked by type.
template <class Config>
auto sections(Config& x) {
  return std::tie(x.server, x.auth, x.tls, x.bridge, x.agents, x.heartbeat,
                  x.dispatch, x.limits, x.cost, x.http, x.control, x.events,
                  x.store, x.metrics, x.console, x.log, x.audit, x.shutdown);
}

template <class Member>
struct member_of;

template <class Section, class Value>
struct member_of<Value Section::*> {
  using section = Section;
  using value = Value;
};

/// The value of a field as the type that its kind has for all fields.
template <class T>
decltype(auto) to_kind(const T& x) {
  if constexpr (std::is_same_v<T, seconds>)
    return x.count();
  else if constexpr (std::is_same_v<T, bool>)
    return bool{x};
  else if constexpr (std::is_arithmetic_v<T>)
    return static_cast<double>(x);
  else if constexpr (std::is_same_v<T, texts>)
    return (x);
  else
    return optional_text{x};
}

/// The reverse. The value is valid, so it fits.
template <class T, class Value>
T from_kind(Value x) {
  if constexpr (std::is_same_v<T, std::string>)
    return std::move(x).value();
  else
    return static_cast<T>(std::move(x));
}

/// The field `Key`, such as `&log::level`.
template <auto Key>
constexpr auto at = [] {
  using section = typename member_of<decltype(Key)>::section;
  using value = typename member_of<decltype(Key)>::value;
  using kind_value = decltype(to_kind(std::declval<const value&>()));
  return config_field<kind_value>{
      [](const config& from) -> kind_value {
        return to_kind(std::get<const section&>(sections(from)).*Key);
      },
      [](config& to, std::remove_cvref_t<kind_value> x) {
        std::get<section&>(sections(to)).*Key = from_kind<value>(std::move(x));
      }};
}();

// -- the kinds ----------------------------------------------------------------

template <auto Key>
constexpr switch_kind toggle{at<Key>};

template <auto Key>
constexpr number_kind number(const number_unit& unit, double min, double max) {
  return {at<Key>, unit, min, max};
}

template <auto Key>
constexpr word_kind word(std::string_view words) {
  return {at<Key>, words};
}

template <auto Key>
constexpr text_kind text(const text_syntax& form) {
  return {at<Key>, form};
}

template <auto Key>
constexpr list_kind list(const text_syntax& form, std::size_t min_size = 0) {
  return {at<Key>, form, min_size};
}

} // namespace bridgekeeper::app::option_row
