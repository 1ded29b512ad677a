#include "app/client/server_address.hpp"

#include "app/client/unreachable_daemon.hpp"
#include "app/files/text_file.hpp"
#include "protocol/json_document.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace bridgekeeper::app {

namespace {

failure bad_url(std::string_view url, std::string_view why) {
  return {errc::bad_request,
          "\"" + std::string{url}
              + "\" is not a server address: " + std::string{why}
              + ". Write it as http://HOST:PORT, "
                "https://HOST:PORT or unix:PATH."};
}

/// Removes the scheme from the front of `text` and returns it; empty if there
/// is none.
std::string_view take_scheme(std::string_view& text) {
  auto pos = text.find("://");
  if (pos == std::string_view::npos)
    return {};
  auto scheme = text.substr(0, pos);
  text.remove_prefix(pos + 3);
  return scheme;
}

/// Removes everything from the first `mark` on from `text` and returns it;
/// empty if there is no `mark`.
std::string_view take_from(std::string_view& text, char mark) {
  auto pos = std::min(text.find(mark), text.size());
  auto tail = text.substr(pos);
  text = text.substr(0, pos);
  return tail;
}

bool has_port(std::string_view authority) {
  auto colon = authority.rfind(':');
  return colon != std::string_view::npos
         && authority.find(']', colon) == std::string_view::npos;
}

} // namespace

std::string server_address::target(std::string_view endpoint) const {
  std::string_view base = path;
  while (base.ends_with('/'))
    base.remove_suffix(1);
  // The address may name the endpoint of another command, for example if
  // BRIDGEKEEPER_URL was set for `bridge`.
  for (std::string_view known : {"/ws/control", "/ws/agent-bridge"})
    if (base.ends_with(known))
      base.remove_suffix(known.size());
  auto out = std::string{base}.append(endpoint);
  if (query.size() > 1 && endpoint.find('?') != endpoint.npos)
    return out + '&' + query.substr(1);
  return out + query;
}

result<server_address> parse_server_address(std::string_view url) {
  auto in_address = [](char c) { return c > ' ' && c <= '~'; };
  if (!std::all_of(url.begin(), url.end(), in_address))
    return bad_url(url, "it contains characters that are not allowed");
  if (url.starts_with("unix:")) {
    auto file = net::parse_endpoint_or_path(url);
    if (!file)
      return file.error();
    server_address out;
    out.server = std::move(*file);
    return out;
  }
  auto rest = url;
  auto scheme = take_scheme(rest);
  server_address out;
  out.tls = scheme == "https" || scheme == "wss";
  if (!scheme.empty() && !out.tls && scheme != "http" && scheme != "ws")
    return bad_url(url, "its scheme is not http, https, ws or wss");
  // From right to left: a fragment may contain '?' and '/', a query may contain
  // '/'.
  take_from(rest, '#');
  out.query = take_from(rest, '?');
  out.path = take_from(rest, '/');
  if (rest.find('@') != std::string_view::npos)
    return bad_url(url, "user names and passwords are not supported");
  std::string authority{rest};
  if (!has_port(rest))
    authority += scheme.empty() ? ":8000" : out.tls ? ":443" : ":80";
  auto endpoint = net::parse_endpoint(authority);
  if (!endpoint)
    return bad_url(url,
                   "it has no host, or its port is not a number up to 65535");
  if (endpoint->port == 0)
    return bad_url(url, "port 0 is not a valid port");
  out.server = std::move(*endpoint);
  return out;
}

result<server_address> parse_daemon_file(std::string_view text) {
  auto doc = protocol::parse_json_document(text);
  auto listen = doc.is_object() ? doc.value("listen", nlohmann::json{}) : doc;
  if (!listen.is_array() || listen.empty() || !listen.front().is_string())
    return failure{errc::bad_request, "it does not contain an address."};
  // A host address is preferred because a socket file cannot be reached from
  // other machines.
  auto is_host = [](const nlohmann::json& x) {
    return x.is_string()
           && !x.get_ref<const std::string&>().starts_with("unix:");
  };
  auto first_host = std::find_if(listen.begin(), listen.end(), is_host);
  auto chosen = first_host != listen.end() ? *first_host : listen.front();
  auto out = parse_server_address(chosen.get<std::string>());
  auto certificate = doc.is_object()
                         ? doc.value("certificate", nlohmann::json{})
                         : nlohmann::json{};
  // Socket files are served without TLS.
  if (out && certificate.is_string() && !out->server.is_local()) {
    out->tls = true;
    out->certificate = certificate.get<std::string>();
  }
  if (out && (out->server.host == "0.0.0.0" || out->server.host == "*"))
    out->server.host = "127.0.0.1";
  else if (out && out->server.host == "::")
    out->server.host = "::1";
  return out;
}

result<server_address> find_server(const std::string& url,
                                   const std::string& data_dir) {
  if (!url.empty())
    return parse_server_address(url);
  const auto* from_environment = std::getenv("BRIDGEKEEPER_URL");
  if (from_environment != nullptr && *from_environment != '\0')
    return parse_server_address(from_environment);
  std::error_code ignored;
  auto name = data_dir + "/daemon.json";
  auto text = read_text_file(name);
  if (!text && std::filesystem::exists(data_dir + "/lock", ignored))
    return failure{
        errc::unavailable,
        "No daemon is running with the data directory " + data_dir
            + ": there is no " + name
            + ". Start the daemon with: " + start_command_for(data_dir)
            + " (or give the address of another daemon with --url)."};
  if (!text)
    return server_address{};
  auto out = parse_daemon_file(*text);
  if (!out)
    return failure{errc::bad_request,
                   "Cannot use " + name + ": " + to_string(out.error())
                       + " Give the daemon's address with --url."};
  return out;
}

} // namespace bridgekeeper::app
