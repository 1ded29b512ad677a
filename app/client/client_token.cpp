#include "app/client/client_token.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace bridgekeeper::app {

namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

result<std::string> read_token(const std::string& name, bool was_named) {
  // Opening a directory succeeds and only reading it fails, so check first.
  std::error_code ignored;
  if (std::filesystem::is_directory(name, ignored))
    return failure{errc::missing_token,
                   "Cannot read the token in " + name
                       + ": it is a directory. Name a file with one token in "
                         "it, or set BRIDGEKEEPER_TOKEN."};
  std::ifstream file{name};
  if (!file && !was_named && errno == ENOENT)
    return failure{
        errc::missing_token,
        "No token: there is no " + name
            + ", and neither --token-file nor BRIDGEKEEPER_TOKEN (or "
              "VIBEFORGE_AUTH_TOKEN) is set. Set one of them, or name the "
              "daemon's data directory with --data-dir."};
  if (!file)
    return failure{errc::missing_token, "Cannot read the token in " + name
                                            + ": " + std::strerror(errno)
                                            + ". Check the file, or set "
                                              "BRIDGEKEEPER_TOKEN."};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  return checked_token(first_token(text), name);
}

} // namespace

result<std::string> checked_token(std::string token,
                                  const std::string& origin) {
  if (token.empty())
    return failure{errc::missing_token,
                   "There is no token in " + origin
                       + ". Provide the token there, on one line."};
  auto fits = [](char c) { return c >= ' ' && c != 0x7F; };
  if (std::all_of(token.begin(), token.end(), fits))
    return token;
  return failure{errc::invalid_token,
                 "The token in " + origin + " contains characters that are not "
                     + "allowed. Provide it as one line of plain text."};
}

std::string first_token(std::string_view text) {
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    auto line = trim(text.substr(0, end));
    if (!line.empty() && line[0] != '#')
      return std::string{line};
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

result<std::string> find_token(const std::string& token_file,
                               const std::string& data_dir) {
  // A flag applies to this one call, so it overrides the environment.
  if (!token_file.empty())
    return read_token(token_file, true);
  for (auto name : {"BRIDGEKEEPER_TOKEN", "VIBEFORGE_AUTH_TOKEN"}) {
    auto value = std::getenv(name);
    if (value != nullptr && !trim(value).empty())
      return checked_token(std::string{trim(value)}, name);
  }
  return read_token(data_dir + "/token", false);
}

std::string no_token_at(const std::string& server) {
  return "Bridgekeeper at " + server
         + " has no tokens configured, so it rejects all requests. Configure "
           "one for the daemon: BRIDGEKEEPER_AUTH_TOKENS, auth.token_file or "
           "auth.make_token.";
}

} // namespace bridgekeeper::app
