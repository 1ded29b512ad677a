#include "app/command_line/choices.hpp"

#include <CLI/CLI.hpp>
#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/join.hpp>
#include <boost/algorithm/string/split.hpp>

namespace bridgekeeper::app {

namespace {

constexpr const char* opening = ":{";

} // namespace

CLI::Validator choices(const std::vector<std::string>& values) {
  return {[](std::string&) { return std::string{}; },
          "{" + boost::algorithm::join(values, ",") + "}"};
}

CLI::Validator choices(const std::string& values) {
  std::vector<std::string> list;
  boost::algorithm::split(list, values, boost::algorithm::is_any_of(", "),
                          boost::algorithm::token_compress_on);
  return choices(list);
}

std::vector<std::string> choices_of(const CLI::Option& x) {
  auto text = x.get_type_name();
  auto begin = text.find(opening);
  if (begin == std::string::npos)
    return {};
  text = text.substr(begin + 2, text.find('}', begin) - begin - 2);
  std::vector<std::string> out;
  boost::algorithm::split(out, text, boost::algorithm::is_any_of(","));
  return out;
}

std::string type_of(const CLI::Option& x) {
  auto text = x.get_type_name();
  return text.substr(0, text.find(opening));
}

} // namespace bridgekeeper::app
