#include "app/command_line/help_format.hpp"

#include "app/command_line/choices.hpp"

#include <CLI/CLI.hpp>

#include <sstream>
#include <utility>

namespace bridgekeeper::app {

namespace {

/// The offset of the second column.
constexpr std::size_t second_column = 30;
constexpr std::size_t width = 80 - second_column;

class help_format final : public CLI::Formatter {
public:
  help_format() {
    column_width(second_column);
  }

  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    auto text = CLI::Formatter::make_help(app, std::move(name), mode);
    return CLI::detail::find_and_replace(std::move(text), "\n\n\n", "\n\n");
  }

  /// The description says in words which values an option takes.
  std::string make_option_opts(const CLI::Option* x) const override {
    auto text = CLI::Formatter::make_option_opts(x);
    auto type = type_of(*x);
    auto all = x->get_type_name();
    if (all.size() == type.size())
      return text;
    if (type.empty())
      all.insert(0, " ");
    return CLI::detail::find_and_replace(std::move(text), all, type);
  }
};

} // namespace

std::shared_ptr<CLI::FormatterBase> make_help_format() {
  return std::make_shared<help_format>();
}

std::string wrap_help(const std::string& text) {
  std::string out;
  std::size_t column = 0;
  std::istringstream words{text};
  for (std::string word; words >> word;) {
    if (column != 0 && column + 1 + word.size() > width) {
      out += '\n';
      column = 0;
    } else if (column != 0) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

} // namespace bridgekeeper::app
