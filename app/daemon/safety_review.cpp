#include "app/daemon/safety_review.hpp"

#include "app/config/scoped_token_path.hpp"
#include "app/files/text_file.hpp"
#include "app/tokens/token_book.hpp"
#include "app/tokens/token_mask.hpp"
#include "domain/access/token_table.hpp"
#include "net/loopback.hpp"
#include "net/secret_text.hpp"

#include <filesystem>
#include <set>
#include <string_view>
#include <sys/stat.h>

namespace bridgekeeper::app {

namespace fs = std::filesystem;

namespace {

/// Plain tokens are weak if they are shorter or have fewer distinct characters.
/// The tokens that the daemon creates have 64 hexadecimal digits.
constexpr std::size_t least_length = 20;
constexpr std::size_t least_kinds = 8;

class reviewer {
public:
  reviewer(uid_t user, std::optional<uid_t> service_user)
    : user_(user), service_user_(service_user) {}

  void directory(const fs::path& path) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0)
      return;
    auto name = "the data directory " + path.string();
    if (user_ == 0 && info.st_uid != 0 && info.st_uid == service_user_)
      // It would write files that the service cannot read.
      refuse(name + " belongs to the user of the service ("
             + std::to_string(info.st_uid)
             + "), and the daemon would run as root: start the service "
               "(systemctl start bridgekeeper) or name another directory with "
               "--data-dir DIR");
    else
      owner(name, info);
    if ((info.st_mode & S_IWOTH) != 0)
      refuse(name
             + " is writable by every user: remove that permission (chmod o-w "
             + path.string()
             + ") or name another directory with --data-dir DIR");
    else if ((info.st_mode & S_IWGRP) != 0)
      warn(name
           + " is writable by its group, so any member can add tokens: remove "
             "that permission (chmod g-w "
           + path.string() + ")");
    if ((info.st_mode & S_IROTH) != 0)
      warn(name
           + " is readable by every user: remove that permission (chmod o-r "
           + path.string() + ")");
  }

  /// Checks that other users cannot write the file and, if `is_secret`, that
  /// they cannot read it.
  void file(const std::string& what, const fs::path& path, bool is_secret) {
    struct stat info {};
    if (path.empty() || stat(path.c_str(), &info) != 0
        || !S_ISREG(info.st_mode))
      return;
    auto name = what + " (" + mask_tokens(path.string()) + ")";
    owner(name, info);
    if ((info.st_mode & S_IWOTH) != 0)
      refuse(name
             + " is writable by every user: remove that permission (chmod o-w) "
               "and check its contents");
    else if ((info.st_mode & S_IWGRP) != 0)
      warn(name
           + " is writable by its group: remove that permission (chmod g-w) "
             "and check its contents");
    if (is_secret && (info.st_mode & S_IROTH) != 0)
      warn(name
           + " is readable by every user: remove that permission (chmod o-r)");
  }

  void tokens(const std::string& where, const std::vector<std::string>& list) {
    std::size_t weak = 0;
    for (const auto& token : list)
      if (token.size() < least_length
          || std::set<char>(token.begin(), token.end()).size() < least_kinds)
        ++weak;
    if (weak > 0)
      warn(std::to_string(weak) + " of the tokens in " + where
           + " can be guessed: use at least " + std::to_string(least_length)
           + " random characters (openssl rand -hex 32), or `bridgekeeper "
             "token new`");
  }

  void warn(std::string text) {
    out.warnings.push_back(std::move(text));
  }

  safety_findings out;

private:
  void refuse(std::string text) {
    out.refusals.push_back(std::move(text));
  }

  /// Checks the owner, who can always change the mode and then write.
  void owner(const std::string& name, const struct stat& info) {
    if (info.st_uid == user_ || info.st_uid == 0)
      return;
    auto text = name + " belongs to another user ("
                + std::to_string(info.st_uid) + "), who can change it";
    // Root in a container often uses a mounted directory of another user.
    if (user_ == 0)
      warn(text);
    else
      refuse(text + ": change its owner (chown)");
  }

  uid_t user_;
  std::optional<uid_t> service_user_;
};

/// Warns of addresses that other machines can reach. `consequence` ends the
/// sentence.
void warn_if_reachable(std::string_view setting,
                       const std::vector<std::string>& addresses,
                       std::string_view consequence, reviewer& to) {
  for (const auto& address : addresses)
    // Other addresses are socket files.
    if (auto where = net::parse_endpoint(address);
        where && !net::is_loopback(*where))
      to.warn(std::string{setting} + ' ' + address
              + " is reachable from other machines" + std::string{consequence});
}

void review_addresses(const config& values, reviewer& to) {
  warn_if_reachable("metrics.listen", values.metrics.listen,
                    ", which can read the metrics without a token: listen on "
                    "the loopback interface, or let Prometheus read /metrics "
                    "on server.listen with a token",
                    to);
  if (!values.tls.certificate && !values.tls.self_signed)
    warn_if_reachable("server.listen", values.server.listen,
                      " without TLS, so tokens and tasks are not encrypted: "
                      "configure [tls], or listen on the loopback interface "
                      "behind a proxy with TLS",
                      to);
}

} // namespace

safety_findings review_safety(const config& values,
                              const std::optional<std::string>& config_file,
                              uid_t user, std::optional<uid_t> service_user) {
  reviewer to{user, service_user};
  fs::path data = values.server.data_dir;
  to.directory(data);
  to.file("the daemon's own token", data / "token", true);
  // The file contains only hashes, which are not secret.
  to.file("the file of scoped tokens", scoped_token_path(values), false);
  to.file("tls.key", values.tls.key.value_or(""), true);
  to.file("tls.certificate", values.tls.certificate.value_or(""), false);
  to.file("tls.client_ca", values.tls.client_ca.value_or(""), false);
  if (values.tls.self_signed)
    to.file("the daemon's own key", data / "tls-key.pem", true);
  to.file("the configuration", config_file.value_or(""),
          !values.auth.tokens.empty());
  to.tokens("auth.tokens", values.auth.tokens);
  if (const auto& path = values.auth.token_file) {
    to.file("auth.token_file", *path, true);
    if (auto text = read_text_file(*path)) {
      auto list = parse_token_file(*text);
      to.tokens("auth.token_file", list);
      for (auto& x : list)
        net::wipe(x);
      net::wipe(*text);
    }
  }
  if (user == 0)
    to.warn("the daemon runs as root, which is needed only for ports below "
            "1024: run the daemon as a dedicated user");
  review_addresses(values, to);
  return std::move(to.out);
}

} // namespace bridgekeeper::app
