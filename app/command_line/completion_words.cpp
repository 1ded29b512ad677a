#include "app/command_line/completion_words.hpp"

#include "app/command_line/choices.hpp"
#include "app/command_line/command_tree.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <functional>

namespace bridgekeeper::app {

namespace {

constexpr const char* help_path = " help";

std::string flag_name(const CLI::Option& x) {
  return x.get_lnames().empty() ? "-" + x.get_snames().front()
                                : "--" + x.get_lnames().front();
}

std::string path_of(const CLI::App& program, const named_command& x) {
  return x.name.substr(program.get_name().size());
}

void add_commands(std::vector<completion_word>& out, const CLI::App& command) {
  for (const auto* x : commands_below(command))
    out.push_back({x->get_name(), x->get_description()});
}

std::vector<completion_word> words_after(const CLI::App& command) {
  std::vector<completion_word> out;
  add_commands(out, command);
  for (const auto* x : positionals_of(command))
    for (auto& value : choices_of(*x))
      out.push_back({std::move(value), x->get_description()});
  for (const auto* x : flags_of(command))
    out.push_back({flag_name(*x), x->get_description()});
  return out;
}

std::vector<std::string>
flags_that(const CLI::App& program,
           const std::function<bool(const CLI::Option&)>& fits) {
  std::vector<std::string> out;
  for (const auto& x : all_commands(program))
    for (const auto* flag : flags_of(*x.command))
      if (auto name = flag_name(*flag);
          fits(*flag) && std::find(out.begin(), out.end(), name) == out.end())
        out.push_back(name);
  return out;
}

} // namespace

std::vector<completion_place> completion_places(const CLI::App& program) {
  std::vector<completion_place> out;
  auto all = all_commands(program);
  auto has_help = false;
  for (const auto& x : all) {
    auto path = path_of(program, x);
    out.push_back({path, words_after(*x.command)});
    if (path == help_path) {
      has_help = true;
      add_commands(out.back().words, program);
    }
  }
  if (!has_help)
    return out;
  for (const auto& x : all)
    if (auto path = path_of(program, x); !path.empty() && path != help_path) {
      out.push_back({help_path + path, {}});
      add_commands(out.back().words, *x.command);
    }
  return out;
}

std::vector<completion_values> completion_choices(const CLI::App& program) {
  std::vector<completion_values> out;
  for (const auto& x : all_commands(program))
    for (const auto* flag : flags_of(*x.command))
      if (auto values = choices_of(*flag); !values.empty())
        out.push_back(
            {path_of(program, x), flag_name(*flag), std::move(values)});
  return out;
}

std::vector<std::string> flags_of_type(const CLI::App& program,
                                       std::string_view type) {
  return flags_that(
      program, [type](const CLI::Option& x) { return type_of(x) == type; });
}

std::vector<std::string> flags_with_value(const CLI::App& program) {
  return flags_that(program, [](const CLI::Option& x) {
    return x.get_items_expected_min() > 0;
  });
}

} // namespace bridgekeeper::app
