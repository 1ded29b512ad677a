#include "app/client/client_options.hpp"

#include "app/client/proxy_choice.hpp"
#include "app/client/saved_context.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <unistd.h>

namespace bridgekeeper::app {

namespace {

bool is_fingerprint(std::string text) {
  std::erase(text, ':');
  return text.size() == 64
         && std::all_of(text.begin(), text.end(),
                        [](unsigned char c) { return std::isxdigit(c) != 0; });
}

std::string variable(const char* name) {
  auto value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::optional<failure> check_files(const client_options& options) {
  for (const auto* name :
       {&options.ca, &options.tls_certificate, &options.tls_key})
    if (!name->empty() && ::access(name->c_str(), R_OK) != 0)
      return failure{errc::bad_request, "Cannot read " + *name + ": "
                                            + std::strerror(errno)
                                            + ". Name a readable PEM file."};
  return std::nullopt;
}

} // namespace

result<std::optional<net::client_tls_options>>
find_tls(const client_options& options, const server_address& address) {
  using found = std::optional<net::client_tls_options>;
  auto asked = !options.ca.empty() || !options.tls_fingerprint.empty()
               || !options.tls_certificate.empty() || !options.tls_key.empty();
  // Without this error, the token would be sent in clear text although the user
  // asked for a trusted connection.
  if (!address.tls && asked)
    return failure{errc::bad_request,
                   "The connection to " + to_string(address.server)
                       + " does not use TLS, so the TLS flags have no effect. "
                         "Write https:// or wss:// in --url."};
  if (!address.tls)
    return found{};
  if (!options.tls_fingerprint.empty()
      && !is_fingerprint(options.tls_fingerprint))
    return failure{errc::bad_request,
                   "--tls-fingerprint: a SHA-256 fingerprint has 64 hex "
                   "digits. The daemon prints its fingerprint at startup."};
  if (!options.tls_fingerprint.empty() && !options.ca.empty())
    return failure{errc::bad_request,
                   "--ca and --tls-fingerprint cannot be combined."};
  if (auto problem = check_files(options))
    return *problem;
  net::client_tls_options out;
  out.fingerprint = options.tls_fingerprint;
  out.ca = options.ca;
  out.certificate = options.tls_certificate;
  out.key = options.tls_key;
  // daemon.json names the daemon's certificate, so local commands can trust a
  // self-signed one without further flags.
  if (out.ca.empty() && out.fingerprint.empty())
    out.pinned_certificate = address.certificate;
  auto proxy = find_proxy(address, variable);
  if (!proxy)
    return proxy.error();
  out.proxy = std::move(*proxy);
  return found{std::move(out)};
}

namespace {

/// Turns a saved context into access to the daemon. The TLS flags and
/// --token-file override the saved values, and so does `or_token`, the token
/// from the environment, unless it is empty.
result<server_access> open_context(const saved_context& context,
                                   client_options options, std::string or_token,
                                   const warning_handler& on_warning) {
  auto address = parse_server_address(context.url);
  if (!address)
    return address.error();
  if (options.ca.empty() && options.tls_fingerprint.empty()) {
    options.ca = context.ca;
    options.tls_fingerprint = context.tls_fingerprint;
  }
  auto tls = find_tls(options, *address);
  if (!tls)
    return tls.error();
  auto token =
      options.token_file.empty() && !or_token.empty()
          ? checked_token(std::move(or_token), "the environment")
      : options.token_file.empty()
          ? checked_token(context.token, "the saved context")
          : find_token(options.token_file, options.data_dir, on_warning);
  if (!token)
    return token.error();
  return server_access{std::move(*address), std::move(*token), std::move(*tls)};
}

/// Whether any source that takes precedence over the default context says where
/// the daemon is.
bool knows_a_daemon(const client_options& options) {
  std::error_code ignored;
  return !options.url.empty() || !variable("BRIDGEKEEPER_URL").empty()
         || options.data_dir != client_options{}.data_dir
         || std::filesystem::exists(options.data_dir + "/daemon.json", ignored)
         || std::filesystem::exists(options.data_dir + "/lock", ignored);
}

} // namespace

result<server_access> find_access(const client_options& options,
                                  absent_daemon absent,
                                  const warning_handler& on_warning) {
  auto name = options.context.empty() ? variable("BRIDGEKEEPER_CONTEXT")
                                      : options.context;
  if (!options.context.empty() && !options.url.empty())
    return failure{errc::bad_request,
                   "--url and --context cannot be combined."};
  // --url overrides BRIDGEKEEPER_CONTEXT: flags override the environment.
  if (!name.empty() && options.url.empty()) {
    auto context = load_context(name);
    if (!context)
      return context.error();
    if (!*context)
      return failure{
          errc::bad_request,
          "There is no context \"" + name
              + "\". Create it with: bridgekeeper login URL --context " + name};
    return open_context(**context, options, {}, on_warning);
  }
  if (!knows_a_daemon(options)) {
    auto context = load_context(default_context);
    if (!context)
      return context.error();
    auto token = variable("BRIDGEKEEPER_TOKEN");
    if (*context)
      return open_context(
          **context, options,
          token.empty() ? variable("VIBEFORGE_AUTH_TOKEN") : token, on_warning);
  }
  auto address = find_server(options.url, options.data_dir);
  // Once it runs, the daemon is expected at the default address.
  if (!address && absent == absent_daemon::is_waited_for
      && address.error().code == errc::unavailable)
    address = server_address{};
  if (!address)
    return address.error();
  auto token = find_token(options.token_file, options.data_dir, on_warning);
  if (!token)
    return token.error();
  auto tls = find_tls(options, *address);
  if (!tls)
    return tls.error();
  return server_access{std::move(*address), std::move(*token), std::move(*tls)};
}

exit_code to_exit_code(const failure& why) noexcept {
  switch (why.code) {
  case errc::missing_token:
  case errc::invalid_token:
    return exit_code::unauthenticated;
  case errc::unavailable:
    return exit_code::unreachable;
  default:
    return exit_code::usage;
  }
}

} // namespace bridgekeeper::app
