#include "app/processes/start_request.hpp"

#include "app/processes/memory_file.hpp"

#include <string_view>
#include <sys/stat.h>

namespace bridgekeeper::app {

namespace {

/// Each part ends with a null character, which neither a command nor a variable
/// can contain.
void add(std::string& out, const std::string& part) {
  out += part.c_str();
  out += '\0';
}

bool take(std::string_view& text, std::string& out) {
  auto end = text.find('\0');
  if (end == std::string_view::npos)
    return false;
  out = text.substr(0, end);
  text.remove_prefix(end + 1);
  return true;
}

} // namespace

owned_fd write_request(const start_request& x) {
  std::string text;
  add(text, x.command);
  add(text, x.workdir);
  add(text, x.mark);
  add(text, x.ignores_hangup ? "1" : "0");
  for (const auto& entry : x.environment)
    add(text, entry);
  return memory_file(text);
}

std::optional<start_request> read_request(const owned_fd& file) {
  struct stat info {};
  if (::fstat(file.get(), &info) != 0 || info.st_size <= 0)
    return std::nullopt;
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  if (::pread(file.get(), text.data(), text.size(), 0) != info.st_size)
    return std::nullopt;
  std::string_view rest{text};
  start_request out;
  std::string hangup;
  if (!take(rest, out.command) || !take(rest, out.workdir)
      || !take(rest, out.mark) || !take(rest, hangup))
    return std::nullopt;
  out.ignores_hangup = hangup == "1";
  for (std::string entry; take(rest, entry);)
    out.environment.push_back(entry);
  return out;
}

} // namespace bridgekeeper::app
