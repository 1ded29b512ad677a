#include "app/bridge/workplace.hpp"

#include <boost/algorithm/string/replace.hpp>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <unistd.h>

namespace bridgekeeper::app {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view placeholder = "{slot}";

/// Empty if a task can run in `directory`.
std::string complaint_about(const std::string& directory) {
  std::error_code ec;
  if (!fs::exists(directory, ec))
    return "There is no directory " + directory
           + ". Create it, or name an existing one with --workdir.";
  if (!fs::is_directory(directory, ec))
    return directory + " is not a directory. Name one with --workdir.";
  if (::access(directory.c_str(), X_OK) != 0)
    return "The directory " + directory + " cannot be entered: "
           + std::strerror(errno) + ". Name another one with --workdir.";
  return {};
}

} // namespace

std::string workplace::of_slot(std::size_t slot) const {
  return boost::algorithm::replace_all_copy(pattern_, placeholder,
                                            std::to_string(slot));
}

result<workplace> find_workplace(const std::string& pattern,
                                 std::size_t slots) {
  std::error_code ec;
  auto whole = fs::absolute(pattern.empty() ? "." : pattern, ec);
  if (ec)
    return failure{errc::bad_request,
                   "The current directory cannot be used: " + ec.message()
                       + ". Change to another one, or name one with "
                         "--workdir."};
  auto has_slots = pattern.find(placeholder) != pattern.npos;
  workplace out{whole.lexically_normal().string()};
  for (std::size_t slot = 1; slot <= (has_slots ? slots : 1); ++slot)
    if (auto why = complaint_about(out.of_slot(slot)); !why.empty())
      return failure{errc::bad_request, why};
  if (has_slots)
    return out;
  auto real = fs::canonical(whole, ec);
  return workplace{ec ? out.pattern() : real.string()};
}

} // namespace bridgekeeper::app
