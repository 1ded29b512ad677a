#include "app/client/saved_context.hpp"

#include "protocol/json_document.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <unistd.h>

namespace bridgekeeper::app {

namespace {

namespace fs = std::filesystem;

using protocol::errc;
using protocol::failure;

constexpr std::size_t longest_name = 64;

failure cannot(const std::string& what, const fs::path& path, int error) {
  return {errc::bad_request, "Cannot " + what + " " + path.string() + ": "
                                 + std::strerror(error) + "."};
}

/// Makes the folder and those above it; ours are for this user only.
int make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path.parent_path().parent_path(), error);
  for (const auto& each : {path.parent_path(), path})
    if (::mkdir(each.c_str(), 0700) != 0 && errno != EEXIST)
      return errno;
  return 0;
}

/// Writes a file that did not exist. 0, or what went wrong.
int write_new(const fs::path& path, std::string_view text) {
  auto file = ::open(
      path.c_str(), O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0)
    return errno;
  auto error = 0;
  while (error == 0 && !text.empty()) {
    auto written = ::write(file, text.data(), text.size());
    if (written >= 0)
      text.remove_prefix(static_cast<std::size_t>(written));
    else if (errno != EINTR)
      error = errno;
  }
  if (error == 0 && ::fsync(file) != 0)
    error = errno;
  if (::close(file) != 0 && error == 0)
    error = errno;
  return error;
}

std::string member(const nlohmann::json& document, const char* name) {
  auto found = document.find(name);
  return found != document.end() && found->is_string()
             ? found->get<std::string>()
             : std::string{};
}

} // namespace

bool is_context_name(std::string_view name) noexcept {
  auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= longest_name && name.front() != '.'
         && std::all_of(name.begin(), name.end(), fits);
}

fs::path context_path(std::string_view name) {
  fs::path base;
  auto configured = std::getenv("XDG_CONFIG_HOME");
  auto home = std::getenv("HOME");
  // A relative path in the variable is to be ignored.
  if (configured != nullptr && *configured == '/')
    base = configured;
  else if (home != nullptr && *home == '/')
    base = fs::path{home} / ".config";
  else
    return {};
  return base / "bridgekeeper" / "contexts" / (std::string{name} + ".json");
}

protocol::result<std::optional<saved_context>>
load_context(std::string_view name) {
  using found = std::optional<saved_context>;
  auto path = context_path(name);
  if (!is_context_name(name) || path.empty())
    return found{};
  std::ifstream file{path};
  if (!file && errno == ENOENT)
    return found{};
  if (!file)
    return cannot("read", path, errno);
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  auto document = protocol::parse_json_document(text);
  if (!document.is_object() || member(document, "url").empty())
    return failure{
        errc::bad_request,
        "There is no valid context in " + path.string()
            + ". Save it again with: bridgekeeper login URL --context "
            + std::string{name}};
  return found{saved_context{member(document, "url"), member(document, "token"),
                             member(document, "ca"),
                             member(document, "tls_fingerprint")}};
}

protocol::result<fs::path> save_context(std::string_view name,
                                        const saved_context& x) {
  auto path = context_path(name);
  if (path.empty())
    return failure{
        errc::bad_request,
        "Cannot save the context: neither XDG_CONFIG_HOME nor HOME is set."};
  if (auto error = make_folder(path.parent_path()))
    return cannot("create the directory", path.parent_path(), error);
  nlohmann::json document{{"url", x.url}, {"token", x.token}};
  if (!x.ca.empty())
    document["ca"] = x.ca;
  if (!x.tls_fingerprint.empty())
    document["tls_fingerprint"] = x.tls_fingerprint;
  auto beside = path;
  beside += "." + std::to_string(::getpid()) + ".new";
  auto error = write_new(beside, document.dump(2) + "\n");
  if (error == 0 && ::rename(beside.c_str(), path.c_str()) != 0)
    error = errno;
  if (error == 0)
    return path;
  ::unlink(beside.c_str());
  return cannot("write", path, error);
}

} // namespace bridgekeeper::app
