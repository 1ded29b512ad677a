#include "app/command_line/program.hpp"

#include "app/command_line/command_tree.hpp"
#include "app/command_line/help_format.hpp"
#include "app/text/suggestion.hpp"
#include "app/tokens/token_mask.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <exception>
#include <ostream>

namespace bridgekeeper::app {

namespace {

/// The name of the innermost command that was parsed, such as `bridgekeeper
/// serve`.
std::string chosen_name(const CLI::App& app) {
  auto chosen = app.get_subcommands();
  return chosen.empty() ? full_name(app) : chosen_name(*chosen.front());
}

/// Returns `app` or the selected subcommand below it, whichever is the
/// outermost one with an argument that it does not know.
const CLI::App& puzzled(const CLI::App& app) {
  auto chosen = app.get_subcommands();
  if (!app.remaining(false).empty() || chosen.empty())
    return app;
  return puzzled(*chosen.front());
}

/// The candidates for a suggestion: the long flags of `app` if `flags` is set,
/// otherwise its subcommands.
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

/// Advice about an unknown flag that belongs to a subcommand or that may have
/// been meant as text. Empty if neither applies.
std::string flag_hint(const CLI::App& app, const std::string& word,
                      bool has_suggestion) {
  auto chosen = app.get_subcommands();
  if (!chosen.empty() && chosen.front()->get_option_no_throw(word) != nullptr)
    return "\nPut it after the command: " + full_name(*chosen.front()) + " "
           + word;
  auto options = app.get_options();
  auto takes_text = std::any_of(options.begin(), options.end(),
                                [](auto x) { return x->get_positional(); });
  if (chosen.empty() && takes_text && !has_suggestion)
    return "\nPut -- before text that begins with a hyphen: " + full_name(app)
           + " … -- '" + word + "…'";
  return {};
}

/// `unknown flag --lisen; did you mean --listen?`
std::string describe_unknown(const CLI::App& app) {
  std::string out;
  for (const auto& given : app.remaining(true)) {
    // CLI11 keeps the separator among the remaining arguments.
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
    // The argument after an unknown flag is probably the flag's value, so a
    // complaint about it would only confuse.
    if (is_flag || !known.empty())
      break;
  }
  return out;
}

void print_usage_error(const CLI::App& app, const CLI::ParseError& error,
                       std::ostream& err) {
  auto name = chosen_name(app);
  std::string what = error.what();
  // CLI11 takes a text argument such as -x for a flag and then reports that the
  // text is missing. The unknown flag is the real problem.
  const auto& where = puzzled(app);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr
      || (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr
          && where.remaining_size(true) > 0))
    what = describe_unknown(where);
  // The message quotes arguments, and one may be a misplaced token.
  err << name << ": " << mask_tokens(what) << "\nRun `" << name
      << " --help` for usage.\n";
}

} // namespace

exit_code run_program(const program_info& x, std::vector<std::string> arguments,
                      std::ostream& out, std::ostream& err) {
  CLI::App app{x.description, x.name};
  app.formatter(make_help_format());
  // Set first, because a program without subcommands has its own.
  app.footer(x.footer);
  // Zero is allowed because the help text is more useful than CLI11's error.
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", x.versions);
  command_outcome outcome;
  for (auto add : x.parts)
    add(app, outcome);
  // CLI11 expects the arguments in reverse order.
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(std::move(arguments));
    if (x.has_subcommands && app.get_subcommands().empty()) {
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
    err << chosen_name(app) << ": " << error.what() << "\n";
    return exit_code::failure;
  }
}

} // namespace bridgekeeper::app
