#include "app/client/saved_context.hpp"

#include "app/files/text_file.hpp"
#include "protocol/json_document.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sys/stat.h>

namespace bridgekeeper::app {

namespace {

namespace fs = std::filesystem;
using protocol::text_member;

constexpr std::size_t longest_name = 64;

failure cannot(const std::string& what, const fs::path& path, int error) {
  return {errc::bad_request, "Cannot " + what + " " + path.string() + ": "
                                 + std::strerror(error) + "."};
}

/// Creates the directory and its parents. The last two are accessible to this
/// user only. Returns an errno, or 0 on success.
int make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path.parent_path().parent_path(), error);
  for (const auto& each : {path.parent_path(), path})
    if (::mkdir(each.c_str(), 0700) != 0 && errno != EEXIST)
      return errno;
  return 0;
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
  // The XDG specification requires relative paths to be ignored.
  if (configured != nullptr && *configured == '/')
    base = configured;
  else if (home != nullptr && *home == '/')
    base = fs::path{home} / ".config";
  else
    return {};
  return base / "bridgekeeper" / "contexts" / (std::string{name} + ".json");
}

result<std::optional<saved_context>> load_context(std::string_view name) {
  using found = std::optional<saved_context>;
  auto path = context_path(name);
  if (!is_context_name(name) || path.empty())
    return found{};
  auto text = read_text_file(path);
  if (!text && errno == ENOENT)
    return found{};
  if (!text)
    return cannot("read", path, errno);
  auto document = protocol::parse_json_document(*text);
  if (!document.is_object() || text_member(document, "url").empty())
    return failure{
        errc::bad_request,
        "There is no readable context in " + path.string()
            + ". Save the context again with: bridgekeeper login URL --context "
            + std::string{name}};
  return found{saved_context{
      text_member(document, "url"), text_member(document, "token"),
      text_member(document, "ca"), text_member(document, "tls_fingerprint")}};
}

result<fs::path> save_context(std::string_view name, const saved_context& x) {
  auto path = context_path(name);
  if (path.empty())
    return failure{
        errc::bad_request,
        "Cannot save the context: neither XDG_CONFIG_HOME nor HOME is set. Set "
        "one of them to an absolute path."};
  if (auto error = make_folder(path.parent_path()))
    return cannot("create the directory", path.parent_path(), error);
  nlohmann::json document{{"url", x.url}, {"token", x.token}};
  if (!x.ca.empty())
    document["ca"] = x.ca;
  if (!x.tls_fingerprint.empty())
    document["tls_fingerprint"] = x.tls_fingerprint;
  if (!replace_file(path, document.dump(2) + "\n", file_readers::owner))
    return cannot("write", path, errno);
  return path;
}

result<fs::path> remove_context(std::string_view name) {
  auto path = context_path(name);
  std::error_code error;
  if (is_context_name(name) && !path.empty() && fs::remove(path, error))
    return path;
  if (error)
    return failure{errc::internal, "Cannot remove " + path.string() + ": "
                                       + error.message() + "."};
  std::string others;
  for (const auto& each : saved_context_names())
    others += (others.empty() ? "" : ", ") + each;
  return failure{errc::bad_request,
                 "There is no context \"" + std::string{name} + "\". "
                     + (others.empty() ? "No contexts are saved."
                                       : "Name one of these with --context: "
                                             + others + ".")};
}

std::vector<std::string> saved_context_names() {
  std::vector<std::string> out;
  std::error_code error;
  // Only the directory matters, so any name will do.
  for (fs::directory_iterator each{context_path("x").parent_path(), error}, end;
       !error && each != end; each.increment(error)) {
    auto name = each->path().stem().string();
    if (each->path().extension() == ".json" && is_context_name(name))
      out.push_back(std::move(name));
  }
  std::sort(out.begin(), out.end());
  return out;
}

} // namespace bridgekeeper::app
