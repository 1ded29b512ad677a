#pragma once

#include "app/config/config.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace bridgekeeper::app {

/// Where in a `config` an option's value lives.
template <class T>
struct config_field {
  T& (*edit)(config&);
  const T& (*read)(const config&);
};

// -- the kinds of options: what a value is, and which values are allowed ------

struct switch_kind {
  config_field<bool> at;
};

/// A whole number.
struct count_kind {
  config_field<std::size_t> at;
  std::size_t min;
  std::size_t max;
};

/// A whole number that switches something off where it is 0 or less.
struct limit_kind {
  config_field<std::int64_t> at;
  std::int64_t max;
};

/// A number, whole or not.
struct number_kind {
  config_field<double> at;
  double min;
  double max;
};

/// Bytes: a whole number, or text with a unit (`64KiB`).
struct size_kind {
  config_field<std::size_t> at;
  std::size_t min;
  std::size_t max;
};

/// Seconds: a number, or text with a unit (`500ms`).
struct duration_kind {
  config_field<seconds> at;
  seconds min;
  seconds max;
};

/// One word of several.
struct choice_kind {
  config_field<std::string> at;
  std::span<const std::string_view> choices;
};

struct path_kind {
  config_field<std::string> at;
};

/// A path that may be missing altogether.
struct optional_path_kind {
  config_field<std::optional<std::string>> at;
};

/// One or more HOST:PORT to listen on.
struct endpoints_kind {
  config_field<std::vector<std::string>> at;
};

/// Addresses, or networks as ADDRESS/BITS; none is fine.
struct networks_kind {
  config_field<std::vector<std::string>> at;
};

/// Origins of web pages (RFC 6454, 6.2), as browsers write them; none is fine.
struct origins_kind {
  config_field<std::vector<std::string>> at;
};

/// One HOST:PORT on the loopback interface, or `off`.
struct loopback_kind {
  config_field<std::string> at;
};

/// Secrets. No message, help text or listing ever shows one.
struct tokens_kind {
  config_field<std::vector<std::string>> at;
};

using option_kind =
    std::variant<switch_kind, count_kind, limit_kind, number_kind, size_kind,
                 duration_kind, choice_kind, path_kind, optional_path_kind,
                 endpoints_kind, networks_kind, origins_kind, loopback_kind,
                 tokens_kind>;

/// A word that the replaced server knows, in lower case, and the nearest of
/// ours.
struct legacy_word {
  std::string_view theirs;
  std::string_view ours;
};

/// An environment variable of the server that Bridgekeeper replaces (contract
/// section 5). Weaker than the file.
struct legacy_variable {
  std::string_view name;
  /// Whether it holds one value or several with commas between them.
  bool is_list = false;
  /// What it may say that the option does not take.
  std::span<const legacy_word> words = {};
};

/// When a changed value counts in a daemon that runs.
enum class takes_effect : std::uint8_t {
  /// When the configuration is read again; limits and times of a connection,
  /// for
  /// those that come from then on.
  on_reload,
  at_start,
};

/// One thing an operator can set. The file, the environment, the flags, their
/// help and every check are made from this row; there is no second place.
struct option {
  /// The table of the file.
  std::string_view section;
  std::string_view key;
  option_kind kind;
  /// `--listen`; empty where the option has no flag.
  std::string_view flag;
  /// A sentence for the help text, without default and unit.
  std::string_view help;
  std::span<const legacy_variable> legacy = {};
  takes_effect when = takes_effect::on_reload;
};

/// All options, section by section, in the order in which they are shown. The
/// table is immutable: any thread.
[[nodiscard]] std::span<const option> options() noexcept;

/// `heartbeat.timeout`.
[[nodiscard]] std::string full_name(const option& x);

/// `BRIDGEKEEPER_HEARTBEAT_TIMEOUT`.
[[nodiscard]] std::string variable_name(const option& x);

/// The option of that name, or null.
[[nodiscard]] const option* find_option(std::string_view section,
                                        std::string_view key) noexcept;

/// Whether the value must not be shown.
[[nodiscard]] bool is_secret(const option& x) noexcept;

} // namespace bridgekeeper::app
