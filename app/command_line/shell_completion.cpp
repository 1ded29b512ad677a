#include "app/command_line/shell_completion.hpp"

#include "app/command_line/completion_words.hpp"

#include <boost/algorithm/string/join.hpp>
#include <boost/algorithm/string/replace.hpp>

#include <string_view>
#include <vector>

namespace bridgekeeper::app {

namespace {

using boost::algorithm::join;
using words = std::vector<std::string>;

/// A word in single quotes.
std::string quoted(const std::string& text) {
  return "'" + boost::algorithm::replace_all_copy(text, "'", "'\\''") + "'";
}

/// A pattern of `case` that matches each of the words.
std::string any_of(const words& xs) {
  return xs.empty() ? "''" : join(xs, "|");
}

/// The patterns that match the paths of all commands but the program.
std::string known_paths(const std::vector<completion_place>& places) {
  words out;
  for (const auto& x : places)
    if (!x.path.empty())
      out.push_back(quoted(x.path));
  return any_of(out);
}

/// Cases for the path and the flag before the cursor. `offer` is the command
/// that takes the values.
std::string cases_of_choices(const CLI::App& program, const char* offer) {
  std::string out;
  for (const auto& x : completion_choices(program))
    out += "    " + quoted(x.path + " " + x.flag) + ") " + offer + " "
           + quoted(join(x.values, " ")) + "; return ;;\n";
  return out;
}

std::string plain_words(const completion_place& x) {
  words out;
  for (const auto& word : x.words)
    out.push_back(word.text);
  return quoted(join(out, " "));
}

/// With their descriptions, as `_describe` of zsh takes them.
std::string described_words(const completion_place& x) {
  words out;
  for (const auto& word : x.words) {
    auto about = boost::algorithm::replace_all_copy(word.about, "\n", " ");
    boost::algorithm::replace_all(about, ":", "\\:");
    out.push_back(quoted(word.text + ":" + about));
  }
  return join(out, "\n      ");
}

// Bash takes `--flag=value` for three words. Of a list, such as `read,con`, the
// last value is completed.
constexpr const char* bash_head = R"(# bash completion for bridgekeeper
_bridgekeeper_values() {
  local head=
  [[ $cur == *,* ]] && head=${cur%,*},
  COMPREPLY=($(compgen -P "$head" -W "$1" -- "${cur##*,}"))
}
_bridgekeeper() {
  local cur=${COMP_WORDS[COMP_CWORD]}
  local before=${COMP_WORDS[COMP_CWORD-1]}
  if [[ $cur == = ]]; then
    cur=
  elif [[ $before == = ]] && ((COMP_CWORD > 1)); then
    before=${COMP_WORDS[COMP_CWORD-2]}
  fi
  local path= word words=
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
      )";

constexpr const char* bash_tail = R"(  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
_bridgekeeper_bridge() {
  COMP_WORDS=(bridgekeeper bridge "${COMP_WORDS[@]:1}")
  COMP_CWORD=$((COMP_CWORD + 1))
  _bridgekeeper
}
complete -o filenames -F _bridgekeeper bridgekeeper
complete -o filenames -F _bridgekeeper_bridge bridgekeeper-bridge
)";

constexpr const char* zsh_head = R"(#compdef bridgekeeper bridgekeeper-bridge
_bridgekeeper_values() {
  compset -P '*,'
  compadd -S '' -- ${=1}
}
_bridgekeeper() {
  if [[ $service == bridgekeeper-bridge ]]; then
    words=(bridgekeeper bridge "${(@)words[2,-1]}")
    (( CURRENT++ ))
  fi
  local path_= word before=${words[CURRENT-1]}
  local -a entries
  if [[ $PREFIX == --*=* ]]; then
    before=${PREFIX%%=*}
    compset -P 1 '*='
  fi
  for word in "${(@)words[2,CURRENT-1]}"; do
    case "$path_ $word" in
      )";

} // namespace

std::string bash_completion(const CLI::App& program) {
  auto places = completion_places(program);
  std::string out = bash_head;
  out += known_paths(places) + ") path+=\" $word\" ;;\n    esac\n  done\n";
  out += "  case \"$path $before\" in\n"
         + cases_of_choices(program, "_bridgekeeper_values") + "  esac\n";
  out += "  case $before in\n    " + any_of(flags_of_type(program, "FILE"))
         + ") COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n    "
         + any_of(flags_of_type(program, "DIR"))
         + ") COMPREPLY=($(compgen -d -- \"$cur\")); return ;;\n    "
         + any_of(flags_with_value(program))
         + ") COMPREPLY=(); return ;;\n  esac\n  case $path in\n";
  for (const auto& x : places)
    out += "    " + quoted(x.path) + ") words=" + plain_words(x) + " ;;\n";
  return out + bash_tail;
}

std::string zsh_completion(const CLI::App& program) {
  auto places = completion_places(program);
  std::string out = zsh_head;
  out += known_paths(places) + ") path_+=\" $word\" ;;\n    esac\n  done\n";
  out += "  case \"$path_ $before\" in\n"
         + cases_of_choices(program, "_bridgekeeper_values") + "  esac\n";
  out += "  case $before in\n    " + any_of(flags_of_type(program, "FILE"))
         + ") _files; return ;;\n    " + any_of(flags_of_type(program, "DIR"))
         + ") _files -/; return ;;\n    " + any_of(flags_with_value(program))
         + ") return ;;\n  esac\n  case $path_ in\n";
  for (const auto& x : places)
    out += "    " + quoted(x.path) + ") entries=(\n      " + described_words(x)
           + "\n    ) ;;\n";
  return out
         + "  esac\n  _describe -V bridgekeeper entries\n}\n"
           "_bridgekeeper \"$@\"\n";
}

} // namespace bridgekeeper::app
