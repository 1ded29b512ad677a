#include "app/command_line/shell_completion.hpp"

#include "app/command_line/command_tree.hpp"

#include <CLI/CLI.hpp>
#include <boost/algorithm/string/join.hpp>
#include <boost/algorithm/string/replace.hpp>

#include <string_view>
#include <vector>

namespace bridgekeeper::app {

namespace {

using words = std::vector<std::string>;

/// A word in single quotes.
std::string quoted(const std::string& text) {
  return "'" + boost::algorithm::replace_all_copy(text, "'", "'\\''") + "'";
}

std::string flag_name(const CLI::Option& x) {
  return x.get_lnames().empty() ? "-" + x.get_snames().front()
                                : "--" + x.get_lnames().front();
}

/// The commands and flags that may follow a command.
words words_after(const CLI::App& command) {
  words out;
  for (const auto* x : commands_below(command))
    out.push_back(x->get_name());
  for (const auto* x : flags_of(command))
    out.push_back(flag_name(*x));
  return out;
}

/// The same with their descriptions, as `_describe` of zsh takes them.
words described_words_after(const CLI::App& command) {
  auto entry = [](const std::string& name, std::string about) {
    boost::algorithm::replace_all(about, "\n", " ");
    boost::algorithm::replace_all(about, ":", "\\:");
    return quoted(name + ":" + about);
  };
  words out;
  for (const auto* x : commands_below(command))
    out.push_back(entry(x->get_name(), x->get_description()));
  for (const auto* x : flags_of(command))
    out.push_back(entry(flag_name(*x), x->get_description()));
  return out;
}

/// All flags of all commands whose value has this type.
words flags_with(const CLI::App& program, std::string_view type) {
  words out;
  for (const auto& [name, command] : all_commands(program))
    for (const auto* x : flags_of(*command))
      if (auto flag = flag_name(*x);
          x->get_type_name() == type
          && std::find(out.begin(), out.end(), flag) == out.end())
        out.push_back(flag);
  return out;
}

/// All flags of all commands that are followed by a value.
words flags_with_value(const CLI::App& program) {
  words out;
  for (const auto& [name, command] : all_commands(program))
    for (const auto* x : flags_of(*command))
      if (auto flag = flag_name(*x);
          x->get_items_expected_max() > 0
          && std::find(out.begin(), out.end(), flag) == out.end())
        out.push_back(flag);
  return out;
}

/// What `path` in the scripts is for a command: its name without the program's.
std::string path_of(const CLI::App& program, const std::string& name) {
  return quoted(name.substr(program.get_name().size()));
}

/// A pattern of `case` that matches each of the words.
std::string any_of(const words& xs) {
  return xs.empty() ? "''" : boost::algorithm::join(xs, "|");
}

/// The patterns that match the paths of all commands but the program.
std::string known_paths(const CLI::App& program) {
  words out;
  for (const auto& [name, command] : all_commands(program))
    if (command != &program)
      out.push_back(path_of(program, name));
  return any_of(out);
}

} // namespace

std::string bash_completion(const CLI::App& program) {
  std::string out = "# bash completion for bridgekeeper\n"
                    "_bridgekeeper() {\n"
                    "  local cur=${COMP_WORDS[COMP_CWORD]}\n"
                    "  local before=${COMP_WORDS[COMP_CWORD-1]}\n"
                    "  local path= word words=\n"
                    "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
                    "    case \"$path $word\" in\n      ";
  out += known_paths(program) + ") path+=\" $word\" ;;\n    esac\n  done\n";
  out += "  case $before in\n    " + any_of(flags_with(program, "FILE"))
         + ") COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n    "
         + any_of(flags_with(program, "DIR"))
         + ") COMPREPLY=($(compgen -d -- \"$cur\")); return ;;\n    "
         + any_of(flags_with_value(program))
         + ") COMPREPLY=(); return ;;\n  esac\n  case $path in\n";
  for (const auto& [name, command] : all_commands(program))
    out += "    " + path_of(program, name) + ") words="
           + quoted(boost::algorithm::join(words_after(*command), " "))
           + " ;;\n";
  return out
         + "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\n"
           "_bridgekeeper_bridge() {\n"
           "  COMP_WORDS=(bridgekeeper bridge \"${COMP_WORDS[@]:1}\")\n"
           "  COMP_CWORD=$((COMP_CWORD + 1))\n"
           "  _bridgekeeper\n}\n"
           "complete -o filenames -F _bridgekeeper bridgekeeper\n"
           "complete -o filenames -F _bridgekeeper_bridge "
           "bridgekeeper-bridge\n";
}

std::string zsh_completion(const CLI::App& program) {
  std::string out = "#compdef bridgekeeper bridgekeeper-bridge\n"
                    "_bridgekeeper() {\n"
                    "  if [[ $service == bridgekeeper-bridge ]]; then\n"
                    "    words=(bridgekeeper bridge \"${(@)words[2,-1]}\")\n"
                    "    (( CURRENT++ ))\n"
                    "  fi\n"
                    "  local path_= word\n"
                    "  local -a entries\n"
                    "  for word in \"${(@)words[2,CURRENT-1]}\"; do\n"
                    "    case \"$path_ $word\" in\n      ";
  out += known_paths(program) + ") path_+=\" $word\" ;;\n    esac\n  done\n";
  out += "  case ${words[CURRENT-1]} in\n    "
         + any_of(flags_with(program, "FILE")) + ") _files; return ;;\n    "
         + any_of(flags_with(program, "DIR")) + ") _files -/; return ;;\n    "
         + any_of(flags_with_value(program))
         + ") return ;;\n  esac\n  case $path_ in\n";
  for (const auto& [name, command] : all_commands(program))
    out += "    " + path_of(program, name) + ") entries=(\n      "
           + boost::algorithm::join(described_words_after(*command), "\n      ")
           + "\n    ) ;;\n";
  return out
         + "  esac\n  _describe -V bridgekeeper entries\n}\n"
           "_bridgekeeper \"$@\"\n";
}

} // namespace bridgekeeper::app
