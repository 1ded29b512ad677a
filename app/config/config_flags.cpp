#include "app/config/config_flags.hpp"

#include "app/config/option_text.hpp"
#include "app/text/help_format.hpp"
#include "app/text/overload.hpp"

#include <CLI/CLI.hpp>

#include <cctype>

namespace bridgekeeper::app {

namespace {

/// What stands for the value in the help text.
std::string placeholder(const option_kind& kind) {
  return std::visit(
      overload{
          [](const switch_kind&) -> std::string { return "[BOOL]"; },
          [](const count_kind&) -> std::string { return "N"; },
          [](const limit_kind&) -> std::string { return "N"; },
          [](const number_kind&) -> std::string { return "NUMBER"; },
          [](const size_kind&) -> std::string { return "SIZE"; },
          [](const duration_kind&) -> std::string { return "TIME"; },
          [](const choice_kind&) -> std::string { return "NAME"; },
          [](const path_kind&) -> std::string { return "DIR"; },
          [](const optional_path_kind&) -> std::string { return "FILE"; },
          [](const endpoints_kind&) -> std::string { return "ADDRESS"; },
          [](const networks_kind&) -> std::string { return "ADDRESS"; },
          [](const origins_kind&) -> std::string { return "ORIGIN"; },
          [](const loopback_kind&) -> std::string { return "HOST:PORT"; },
          [](const tokens_kind&) -> std::string { return "TOKENS"; },
      },
      kind);
}

std::string help_text(const option& x) {
  auto out = std::string{x.help};
  if (std::holds_alternative<choice_kind>(x.kind))
    out += " Takes " + expectation(x) + ".";
  // Of the directory the help itself says it.
  if (std::holds_alternative<path_kind>(x.kind))
    return wrap_help(out);
  return wrap_help(out + " Default: " + to_plain(x, config{}));
}

/// `[heartbeat]` of the file, as a heading.
std::string heading(std::string_view section) {
  if (section == "tls")
    return "TLS";
  std::string out{section};
  out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
  return out;
}

void add_flag(CLI::App& app, const option& x, config_sources& out) {
  auto is_list = std::holds_alternative<endpoints_kind>(x.kind)
                 || std::holds_alternative<networks_kind>(x.kind)
                 || std::holds_alternative<origins_kind>(x.kind);
  auto is_switch = std::holds_alternative<switch_kind>(x.kind);
  auto store = [&out, is_switch,
                name = full_name(x)](const CLI::results_t& values) {
    auto text = CLI::detail::join(values, ",");
    // By itself, a switch is on.
    out.flags[name] = is_switch && text.empty() ? "true" : text;
    return true;
  };
  auto flag =
      app.add_option(std::string{x.flag}, CLI::callback_t{store}, help_text(x))
          ->type_name(placeholder(x.kind))
          ->type_size(1)
          ->multi_option_policy(is_list ? CLI::MultiOptionPolicy::TakeAll
                                        : CLI::MultiOptionPolicy::TakeLast)
          ->group(heading(x.section));
  if (is_switch)
    flag->expected(0, 1);
}

} // namespace

void add_config_flags(CLI::App& app, config_sources& out) {
  app.add_option("--config", out.file,
                 wrap_help("TOML file with settings. Default: the one that "
                           "BRIDGEKEEPER_CONFIG names, or none"))
      ->type_name("FILE");
  for (const auto& x : options())
    if (!x.flag.empty())
      add_flag(app, x, out);
}

} // namespace bridgekeeper::app
