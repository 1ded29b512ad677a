#include "app/config/load_config.hpp"

#include "app/config/assign_option.hpp"
#include "app/config/config_file.hpp"
#include "app/config/config_rules.hpp"
#include "app/config/legacy_value.hpp"
#include "app/files/default_data_dir.hpp"
#include "app/files/installation.hpp"
#include "app/text/suggestion.hpp"
#include "app/tokens/token_mask.hpp"
#include "domain/trimmed.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bridgekeeper::app {

namespace {

/// Applies one source after another, the weakest first.
class loader {
public:
  explicit loader(const config_sources& sources) : sources_(sources) {
    out_.origins.assign(options().size(), "default");
    out_.values.server.data_dir = default_data_dir(sources.variables);
  }

  load_outcome load() {
    apply_legacy_variables();
    apply_file();
    apply_variables();
    apply_flags();
    warn_of_unknown_variables();
    if (out_.ok())
      check_together(out_.values, out_.errors, out_.warnings);
    for (auto texts : {&out_.errors, &out_.warnings})
      std::ranges::transform(*texts, texts->begin(), mask_tokens);
    return std::move(out_);
  }

private:
  // -- the sources ------------------------------------------------------------

  /// VIBEFORGE_AUTH_TOKEN and VIBEFORGE_AUTH_TOKENS add up.
  void apply_legacy_variables() {
    for (const auto& x : options()) {
      std::string names;
      texts parts;
      for (const auto& variable : legacy_variables()) {
        auto text = find_variable(variable.name);
        if (text == nullptr || variable.option != full_name(x))
          continue;
        names.append(names.empty() ? "" : ", ").append(variable.name);
        if (variable.is_list)
          std::ranges::move(split_at_commas(*text), std::back_inserter(parts));
        else
          parts.push_back(to_ours(x, variable, trimmed(*text)));
      }
      if (parts.empty())
        continue;
      if (is_secret(x))
        apply(x, parts, "environment " + names);
      else
        apply(x, plain_text{parts.back()}, "environment " + names);
    }
  }

  /// The text of a variable, or what it counts as; then there is a warning.
  std::string to_ours(const option& x, const legacy_variable& variable,
                      std::string_view text) {
    auto meaning = legacy_meaning(x, variable, text);
    if (!meaning)
      return std::string{text};
    out_.warnings.push_back("environment " + std::string{variable.name} + ": "
                            + std::string{text} + " counts as " + *meaning);
    return *meaning;
  }

  void apply_file() {
    auto path = file_path();
    if (!path)
      return;
    auto file = read_config_file(*path);
    auto place = [&](std::size_t line) {
      return line == 0 ? *path : *path + ":" + std::to_string(line);
    };
    for (auto& x : file.settings) {
      if (auto why = set(*x.target, x.value, place(x.line)))
        file.errors.push_back({x.line, full_name(*x.target) + ": " + *why});
    }
    std::stable_sort(file.errors.begin(), file.errors.end(),
                     [](const file_error& a, const file_error& b) {
                       return a.line < b.line;
                     });
    for (const auto& x : file.errors)
      out_.errors.push_back(place(x.line) + ": " + x.text);
  }

  void apply_variables() {
    for (const auto& x : options()) {
      auto name = variable_name(x);
      if (auto text = find_variable(name))
        apply(x, plain_text{*text}, "environment " + name);
    }
  }

  void apply_flags() {
    for (const auto& x : options()) {
      auto i = sources_.flags.find(full_name(x));
      if (i != sources_.flags.end())
        apply(x, plain_text{i->second}, "flag " + std::string{x.flag});
    }
  }

  /// Only of our sections: other programs, and container platforms, have
  /// BRIDGEKEEPER_ variables of their own.
  void warn_of_unknown_variables() {
    std::vector<std::string> names;
    for (const auto& x : options())
      names.push_back(variable_name(x));
    std::vector<std::string_view> known{names.begin(), names.end()};
    for (const auto& [name, value] : sources_.variables) {
      auto is_in_section_of = [&text = name](const option& x) {
        auto section = variable_name(x);
        section.resize(section.size() - x.key.size());
        return text.starts_with(section);
      };
      if (std::ranges::any_of(options(), is_in_section_of)
          && std::ranges::find(known, name) == known.end())
        out_.warnings.push_back("environment " + name + ": unknown variable"
                                + did_you_mean(name, known));
    }
  }

  // -- one value --------------------------------------------------------------

  std::optional<std::string> set(const option& x, const option_value& value,
                                 std::string origin) {
    auto why = assign(x, out_.values, value);
    if (!why) {
      auto index = static_cast<std::size_t>(&x - options().data());
      out_.origins[index] = std::move(origin);
    }
    return why;
  }

  void apply(const option& x, const option_value& value,
             const std::string& origin) {
    if (auto why = set(x, value, origin))
      out_.errors.push_back(origin + ": " + *why);
  }

  const std::string* find_variable(std::string_view name) const {
    auto i = sources_.variables.find(name);
    if (i == sources_.variables.end() || i->second.empty())
      return nullptr;
    return &i->second;
  }

  std::optional<std::string> file_path() const {
    if (sources_.file)
      return sources_.file;
    if (auto text = find_variable("BRIDGEKEEPER_CONFIG"))
      return *text;
    return std::nullopt;
  }

  const config_sources& sources_;
  load_outcome out_;
};

} // namespace

load_outcome load_config(const config_sources& sources) {
  return loader{sources}.load();
}

std::string error_text(const load_outcome& x) {
  std::string out = "The configuration cannot be used:\n";
  for (const auto& error : x.errors)
    out += "  " + error + "\n";
  return out + "`bridgekeeper serve --help` lists the flags; the comments in "
         + installation{}.config_file() + " explain all settings.\n";
}

} // namespace bridgekeeper::app
