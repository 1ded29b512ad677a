#include "app/command_line/man_page.hpp"

#include "app/command_line/choices.hpp"
#include "domain/version.hpp"

#include <CLI/CLI.hpp>
#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/replace.hpp>
#include <boost/algorithm/string/split.hpp>

#include <string_view>
#include <vector>

namespace bridgekeeper::app {

namespace {

using lines = std::vector<std::string>;

/// Text that troff prints as it is.
std::string escaped(std::string_view text) {
  std::string out;
  auto begins_line = true;
  for (auto c : text) {
    // At the beginning of a line, these would begin a request.
    if (begins_line && (c == '.' || c == '\''))
      out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
    begins_line = c == '\n';
  }
  return out;
}

std::string bold(const std::string& text) {
  return "\\fB" + escaped(text) + "\\fR";
}

std::string hyphenated(const std::string& name) {
  return boost::algorithm::replace_all_copy(name, " ", "-");
}

/// CLI11 passes on the line breaks that the help needs.
std::string filled(const std::string& text) {
  return escaped(boost::algorithm::replace_all_copy(text, "\n", " "));
}

std::string names_of(const CLI::Option& x) {
  std::string out;
  for (const auto& name : x.get_snames())
    out += (out.empty() ? "" : ", ") + bold("-" + name);
  for (const auto& name : x.get_lnames())
    out += (out.empty() ? "" : ", ") + bold("--" + name);
  if (x.get_positional())
    out = bold(x.get_name(true));
  if (auto type = type_of(x); !type.empty())
    out += " \\fI" + escaped(type) + "\\fR";
  return out;
}

void append_options(std::string& out, const char* title,
                    const std::vector<const CLI::Option*>& options) {
  if (options.empty())
    return;
  out += std::string{".SH "} + title + "\n";
  for (const auto* x : options) {
    out += ".TP\n" + names_of(*x) + "\n" + filled(x->get_description());
    if (auto value = x->get_default_str(); !value.empty())
      out += " [" + escaped(value) + "]";
    out += "\n";
  }
}

std::string synopsis(const named_command& x) {
  auto out = bold(x.name);
  if (!flags_of(*x.command).empty())
    out += " [\\fIOPTION\\fR]...";
  if (!commands_below(*x.command).empty())
    out += " \\fICOMMAND\\fR";
  for (const auto* y : positionals_of(*x.command))
    out += y->get_required() ? " \\fI" + escaped(y->get_name(true)) + "\\fR"
                             : " [\\fI" + escaped(y->get_name(true)) + "\\fR]";
  return out;
}

/// Whether the paragraph is a title and, below it, lines with their own layout.
bool is_section(const lines& paragraph) {
  return paragraph.size() > 1 && paragraph.front().ends_with(':')
         && paragraph[1].starts_with(' ');
}

void append_paragraph(std::string& out, const lines& paragraph) {
  auto rest = paragraph.begin();
  if (is_section(paragraph)) {
    auto title = paragraph.front().substr(0, paragraph.front().size() - 1);
    out += title.find(' ') == title.npos
               ? ".SH " + boost::algorithm::to_upper_copy(title) + "\n"
               : ".PP\n" + escaped(title) + ":\n";
    out += ".nf\n";
    for (++rest; rest != paragraph.end(); ++rest)
      out += escaped(*rest) + "\n";
    out += ".fi\n";
    return;
  }
  out += ".PP\n";
  for (; rest != paragraph.end(); ++rest)
    out += escaped(*rest) + "\n";
}

void append_footer(std::string& out, const std::string& footer) {
  if (footer.empty())
    return;
  lines all;
  boost::algorithm::split(all, footer, [](char c) { return c == '\n'; });
  out += ".SH NOTES\n";
  lines paragraph;
  all.emplace_back();
  for (auto& line : all) {
    if (!line.empty()) {
      paragraph.push_back(std::move(line));
    } else if (!paragraph.empty()) {
      append_paragraph(out, paragraph);
      paragraph.clear();
    }
  }
}

} // namespace

std::string man_page(const named_command& x) {
  auto out = ".TH " + boost::algorithm::to_upper_copy(hyphenated(x.name))
             + " 1 \"\" \"bridgekeeper " + std::string{version()} + "\"\n";
  out += ".SH NAME\n" + escaped(hyphenated(x.name)) + " \\- "
         + filled(x.command->get_description()) + "\n";
  out += ".SH SYNOPSIS\n" + synopsis(x) + "\n";
  append_options(out, "ARGUMENTS", positionals_of(*x.command));
  append_options(out, "OPTIONS", flags_of(*x.command));
  if (auto below = commands_below(*x.command); !below.empty()) {
    out += ".SH COMMANDS\n";
    for (const auto* y : below)
      out += ".TP\n" + bold(y->get_name()) + "\n" + filled(y->get_description())
             + " See \\fB" + escaped(hyphenated(x.name + " " + y->get_name()))
             + "\\fR(1).\n";
  }
  append_footer(out, x.command->get_footer());
  return out;
}

std::string man_page_file(const named_command& x) {
  return hyphenated(x.name) + ".1";
}

} // namespace bridgekeeper::app
