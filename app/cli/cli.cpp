#include "app/cli/cli.hpp"

#include "app/cli/version.hpp"
#include "app/text/help_format.hpp"
#include "app/text/suggestion.hpp"
#include "app/tokens/token_mask.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <exception>
#include <ostream>

namespace bridgekeeper::app {

namespace {

constexpr const char* examples = R"(Examples:
  bridgekeeper serve --listen 0.0.0.0:8000 --data-dir /var/lib/bridgekeeper
  bridgekeeper check-config --config conf/bridgekeeper.toml
  bridgekeeper agents
  bridgekeeper help dispatch

)";

/// `bridgekeeper serve`: the program and the subcommand that was being read.
std::string full_name(const CLI::App& app) {
  auto chosen = app.get_subcommands();
  if (chosen.empty())
    return app.get_name();
  return app.get_name() + " " + full_name(*chosen.front());
}

/// `bridgekeeper token new`: what leads to `app`, and `app` itself.
std::string path_to(const CLI::App& app) {
  const auto* parent = app.get_parent();
  return parent == nullptr ? app.get_name()
                           : path_to(*parent) + " " + app.get_name();
}

/// The outermost of `app` and the subcommands that were named that was given
/// something it does not know.
const CLI::App& puzzled(const CLI::App& app) {
  auto chosen = app.get_subcommands();
  if (!app.remaining(false).empty() || chosen.empty())
    return app;
  return puzzled(*chosen.front());
}

/// What could have stood in the place of something unknown: long flags for a
/// flag, else subcommands.
std::vector<std::string> known_words(const CLI::App& app, bool flags) {
  std::vector<std::string> out;
  if (flags) {
    for (auto x : app.get_options())
      for (const auto& name : x->get_lnames())
        out.push_back("--" + name);
  } else {
    for (auto x : app.get_subcommands([](const CLI::App*) { return true; }))
      out.push_back(x->get_name());
  }
  return out;
}

/// What to do about an unknown flag that is none, or not here.
std::string flag_hint(const CLI::App& app, const std::string& word,
                      bool has_suggestion) {
  auto chosen = app.get_subcommands();
  if (!chosen.empty() && chosen.front()->get_option_no_throw(word) != nullptr)
    return "\nPut it after the command: " + path_to(*chosen.front()) + " "
           + word;
  auto options = app.get_options();
  auto takes_text = std::any_of(options.begin(), options.end(),
                                [](auto x) { return x->get_positional(); });
  if (chosen.empty() && takes_text && !has_suggestion)
    return "\nPut -- before text that begins with a hyphen: " + path_to(app)
           + " … -- '" + word + "…'";
  return {};
}

/// `unknown flag --lisen; did you mean --listen?`
std::string describe_unknown(const CLI::App& app) {
  std::string out;
  for (const auto& given : app.remaining(true)) {
    if (given == "--")
      continue;
    auto word = given.substr(0, given.find('='));
    auto is_flag = word.starts_with("-");
    auto names = known_words(app, is_flag);
    std::vector<std::string_view> known{names.begin(), names.end()};
    auto what = is_flag         ? "unknown flag "
                : known.empty() ? "unexpected argument "
                                : "unknown command ";
    auto suggestion = did_you_mean(word, known);
    out += (out.empty() ? "" : "\n") + (what + word) + suggestion;
    if (is_flag)
      out += flag_hint(app, word, !suggestion.empty());
    // What follows an unknown flag is likely its value.
    if (is_flag || !known.empty())
      break;
  }
  return out;
}

void print_usage_error(const CLI::App& app, const CLI::ParseError& error,
                       std::ostream& err) {
  auto name = full_name(app);
  std::string what = error.what();
  // A text such as -x is taken for a flag, and then seems to be missing.
  const auto& where = puzzled(app);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr
      || (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr
          && where.remaining_size(true) > 0))
    what = describe_unknown(where);
  err << name << ": " << mask_tokens(what) << "\nRun `" << name
      << " --help` for what it takes.\n";
}

} // namespace

exit_code run_cli(std::span<const add_command> commands,
                  std::vector<std::string> arguments, std::ostream& out,
                  std::ostream& err) {
  CLI::App app{"Keeps the links to remote coding agents and sends them tasks.",
               "bridgekeeper"};
  app.formatter(make_help_format());
  app.footer(std::string{examples} + exit_code_help);
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", version_text());
  command_outcome outcome;
  for (auto add : commands)
    add(app, outcome);
  // CLI11 takes the arguments from the back.
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(std::move(arguments));
    if (app.get_subcommands().empty()) {
      err << app.help();
      return exit_code::usage;
    }
    return outcome.code;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      app.exit(error, out, err);
      return exit_code::ok;
    }
    print_usage_error(app, error, err);
    return exit_code::usage;
  } catch (const std::exception& error) {
    err << full_name(app) << ": " << error.what() << "\n";
    return exit_code::failure;
  }
}

} // namespace bridgekeeper::app
