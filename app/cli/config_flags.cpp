#include "app/cli/config_flags.hpp"

#include "app/command_line/choices.hpp"
#include "app/command_line/help_format.hpp"
#include "app/config/option_text.hpp"

#include <CLI/CLI.hpp>

#include <cctype>
#include <memory>
#include <utility>

namespace bridgekeeper::app {

namespace {

std::string help_text(const option& x) {
  auto out = std::string{x.help};
  if (std::holds_alternative<word_kind>(x.kind))
    out += " Takes " + expectation(x) + ".";
  if (x.help.find("Default: ") == x.help.npos)
    out += " Default: " + to_plain(x, config{});
  return wrap_help(out);
}

/// The section as a heading: `Heartbeat`.
std::string heading(std::string_view section) {
  if (section == "tls")
    return "TLS";
  std::string out{section};
  out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
  return out;
}

void add_flag(CLI::App& app, const option& x, config_sources& out) {
  auto is_list = std::holds_alternative<list_kind>(x.kind);
  auto is_switch = std::holds_alternative<switch_kind>(x.kind);
  auto store = [&out, is_switch,
                name = full_name(x)](const CLI::results_t& values) {
    auto text = CLI::detail::join(values, ",");
    // A switch without a value is on.
    out.flags[name] = is_switch && text.empty() ? "true" : text;
    return true;
  };
  auto flag =
      app.add_option(std::string{x.flag}, CLI::callback_t{store}, help_text(x))
          ->type_name(placeholder(x))
          ->type_size(1)
          ->multi_option_policy(is_list ? CLI::MultiOptionPolicy::TakeAll
                                        : CLI::MultiOptionPolicy::TakeLast)
          ->group(heading(x.section));
  if (is_switch)
    flag->expected(0, 1);
  if (const auto* words = std::get_if<word_kind>(&x.kind))
    flag->check(choices(std::string{words->words}));
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

void add_config_command(
    CLI::App& app, const char* name, const char* description,
    const char* footer,
    std::function<void(load_outcome, const config_sources&)> run) {
  auto command = app.add_subcommand(name, description);
  auto sources = std::make_shared<config_sources>();
  add_config_flags(*command, *sources);
  command->footer(footer);
  command->callback([run = std::move(run), sources] {
    sources->variables = current_environment();
    run(load_config(*sources), *sources);
  });
}

} // namespace bridgekeeper::app
