#include "app/client/client_token.hpp"

#include "app/files/text_file.hpp"
#include "domain/access/token_table.hpp"
#include "domain/trimmed.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <sys/stat.h>
#include <utility>

namespace bridgekeeper::app {

namespace {

result<std::string> read_token(const std::string& name, bool was_named,
                               const warning_handler& on_warning) {
  auto text = read_text_file(name);
  if (!text && errno == EISDIR)
    return failure{errc::missing_token,
                   "Cannot read the token in " + name
                       + ": it is a directory. Name a file with one token in "
                         "it, or set BRIDGEKEEPER_TOKEN."};
  if (!text && !was_named && errno == ENOENT)
    return failure{
        errc::missing_token,
        "No token: there is no " + name
            + ", and neither --token-file nor BRIDGEKEEPER_TOKEN (or "
              "VIBEFORGE_AUTH_TOKEN) is set. Set one of them, log in with: "
              "bridgekeeper login URL, or name the daemon's directory with "
              "--data-dir."};
  if (!text)
    return failure{errc::missing_token, "Cannot read the token in " + name
                                            + ": " + std::strerror(errno)
                                            + ". Check the file, or set "
                                              "BRIDGEKEEPER_TOKEN."};
  if (auto warning = token_file_warning(name); !warning.empty())
    on_warning(warning);
  return checked_token(first_token(*text), name);
}

} // namespace

void print_warning(const std::string& sentence) {
  std::cerr << "warning: " << sentence << "\n";
}

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

std::string token_file_warning(const std::string& name) {
  struct stat info {};
  if (::stat(name.c_str(), &info) != 0 || !S_ISREG(info.st_mode)
      || (info.st_mode & (S_IROTH | S_IWOTH)) == 0)
    return {};
  return "every user can "
         + std::string{(info.st_mode & S_IWOTH) != 0 ? "change" : "read"}
         + " the token file " + name + ": remove that permission (chmod 600 "
         + name + ")";
}

std::string first_token(std::string_view text) {
  auto tokens = parse_token_file(text);
  return tokens.empty() ? std::string{} : std::move(tokens.front());
}

result<std::string> find_token(const std::string& token_file,
                               const std::string& data_dir,
                               const warning_handler& on_warning) {
  // A flag applies to this one call, so it overrides the environment.
  if (!token_file.empty())
    return read_token(token_file, true, on_warning);
  for (auto name : {"BRIDGEKEEPER_TOKEN", "VIBEFORGE_AUTH_TOKEN"}) {
    auto value = std::getenv(name);
    if (value != nullptr && !trimmed(value).empty())
      return checked_token(std::string{trimmed(value)}, name);
  }
  return read_token(data_dir + "/token", false, on_warning);
}

std::string no_token_at(const std::string& server) {
  return "Bridgekeeper at " + server
         + " has no tokens configured, so it rejects all requests. Configure "
           "one for the daemon: BRIDGEKEEPER_AUTH_TOKENS, auth.token_file or "
           "auth.make_token.";
}

} // namespace bridgekeeper::app
