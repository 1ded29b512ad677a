#include "api/request.hpp"

#include "log/log_line.hpp"
#include "net/local_peer.hpp"

namespace bridgekeeper::api {

namespace {

origin origin_of(const net::http_request& x, const control_options& options) {
  const auto& proxies = *options.proxies;
  // The peer on a socket file has no address. If it is a proxy, it names the
  // client.
  auto ip =
      proxies.trusts_nobody() && !net::is_local_peer(x.peer_ip())
          ? x.peer_ip()
          : proxies.client_of(x.peer_ip(), x.header_list("x-forwarded-for"));
  return {std::move(ip), {}, options.cors.is_foreign(x)};
}

/// What the daemon remembers of a request that no route takes.
std::string unrouted_line(const net::http_request& x) {
  constexpr std::size_t longest = 120;
  auto path = x.target().substr(0, x.target().find('?'));
  auto out = std::string{x.method()} + ' ' + std::string{path};
  for (auto& c : out)
    if (c < ' ' || c > '~')
      c = '?';
  if (out.size() <= longest)
    return out;
  return out.substr(0, longest) + "…";
}

} // namespace

control_request::control_request(const net::http_request& x,
                                 const control_options& options)
  : match(find_route(x.method(), x.target())), from(origin_of(x, options)),
    page(x.header("origin")) {
  if (match.row == nullptr)
    unrouted = unrouted_line(x);
  if (match.is_found() && match.row->kind == request_kind::dispatch)
    rated.emplace();
}

void note_forwarding(const net::http_request& x,
                     const control_options& options) {
  if (options.forwarding_told->load(std::memory_order_relaxed)
      || options.proxies->trusts(x.peer_ip()))
    return;
  for (std::string_view header :
       {"X-Forwarded-For", "Forwarded", "X-Real-IP"}) {
    if (x.header(header).empty() || options.forwarding_told->exchange(true))
      continue;
    log::line(log::level::warn, {.peer = x.peer_ip()},
              "{} sends the header {}, which is ignored because the address "
              "is not in server.trusted_proxies (logged once)",
              x.peer_ip(), header);
  }
}

} // namespace bridgekeeper::api
