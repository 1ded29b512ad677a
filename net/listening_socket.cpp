#include "net/listening_socket.hpp"

#include <boost/asio/ip/v6_only.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace bridgekeeper::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

/// Attempts to find a port that is free on every address of a host.
constexpr int most_tries = 16;

[[noreturn]] void fail(const endpoint& where, const char* what,
                       error_code error) {
  auto text = std::string{"Cannot "} + what + " " + to_string(where) + ": "
              + error.message() + ".";
  if (error == asio::error::address_in_use && where.is_local())
    text += " Another program is listening there, or the file is not a socket: "
            "remove it, or choose another with --listen unix:PATH.";
  else if (error == asio::error::address_in_use)
    text += " Another program is listening there, perhaps the service "
            "(systemctl stop bridgekeeper): stop it, or choose another address "
            "with --listen HOST:PORT.";
  else if (error == asio::error::access_denied && !where.is_local())
    text += " Ports below 1024 need CAP_NET_BIND_SERVICE; choose another "
            "with --listen HOST:PORT.";
  else if (error == boost::system::errc::address_not_available)
    text += " This machine does not have that address; choose another with "
            "--listen HOST:PORT.";
  else if (error.category() == asio::error::get_netdb_category())
    text += " Check the name, or choose another address with --listen "
            "HOST:PORT.";
  throw std::runtime_error(text);
}

/// All addresses without duplicates, in the system's order of preference. The
/// name `localhost` always means both loopback addresses (RFC 6761, 6.3),
/// because clients assume that regardless of this system's hosts file.
std::vector<asio::ip::address> resolve(asio::io_context& context,
                                       const endpoint& where) {
  if (where.host == "localhost")
    return {asio::ip::address_v4::loopback(), asio::ip::address_v6::loopback()};
  error_code error;
  tcp::resolver resolver{context};
  auto found = resolver.resolve(where.host, std::to_string(where.port),
                                tcp::resolver::passive, error);
  if (error)
    fail(where, "resolve", error);
  std::vector<asio::ip::address> out;
  for (const auto& entry : found) {
    auto address = entry.endpoint().address();
    if (std::find(out.begin(), out.end(), address) == out.end())
      out.push_back(address);
  }
  if (out.empty())
    fail(where, "resolve", asio::error::host_not_found);
  return out;
}

/// Whether an IPv6 wildcard socket may also accept IPv4. It must not if another
/// endpoint is IPv4 on the same port, because that socket would find the port
/// in use. A host name may also have such an address.
bool takes_ipv4_too(const endpoint& where,
                    const std::vector<endpoint>& others) {
  return std::none_of(others.begin(), others.end(), [&](const endpoint& x) {
    return !x.is_local() && x.port == where.port
           && x.host.find(':') == std::string::npos;
  });
}

tcp::acceptor open(asio::io_context& context, const tcp::endpoint& address,
                   std::size_t backlog, bool v6_only, error_code& error) {
  tcp::acceptor out{context};
  out.open(address.protocol(), error);
  if (!error)
    out.set_option(tcp::acceptor::reuse_address{true}, error);
  if (!error && address.address().is_v6())
    out.set_option(asio::ip::v6_only{v6_only}, error);
  if (!error)
    out.bind(address, error);
  if (!error)
    out.listen(static_cast<int>(backlog), error);
  return out;
}

bool is_not_here(error_code error) {
  return error == asio::error::address_family_not_supported
         || error == boost::system::errc::address_not_available;
}

listening_sockets listen_on_host(asio::io_context& context,
                                 const endpoint& where, std::size_t backlog,
                                 const std::vector<endpoint>& others,
                                 const std::vector<tcp::endpoint>& taken) {
  auto addresses = resolve(context, where);
  for (auto tries = 1;; ++tries) {
    listening_sockets out{where, {}, {}};
    error_code problem;
    for (const auto& address : addresses) {
      tcp::endpoint wanted{address, out.where.port};
      if (std::find(taken.begin(), taken.end(), wanted) != taken.end())
        continue;
      error_code error;
      auto v6_only =
          !address.is_unspecified() || !takes_ipv4_too(where, others);
      auto acceptor = open(context, wanted, backlog, v6_only, error);
      if (error)
        problem = error;
      if (error && !is_not_here(error))
        break;
      if (error)
        continue;
      out.where.port = acceptor.local_endpoint().port();
      out.acceptors.push_back(std::move(acceptor));
    }
    // A host name may resolve to an address that this machine does not have.
    if (!problem || (is_not_here(problem) && !out.acceptors.empty()))
      return out;
    // The port assigned on one address may be in use on another.
    if (where.port == 0 && problem == asio::error::address_in_use
        && tries < most_tries)
      continue;
    fail(where, "listen on", problem);
  }
}

listening_sockets listen_on_file(asio::io_context& context,
                                 const endpoint& where, std::size_t backlog) {
  listening_sockets out{where, {}, {}};
  error_code error;
  out.file = std::make_unique<socket_file>(where.path, backlog, error);
  if (!error) {
    auto& acceptor = out.acceptors.emplace_back(context);
    acceptor.assign(tcp::v4(), out.file->release(), error);
  }
  if (error)
    fail(where, "listen on", error);
  return out;
}

} // namespace

listening_sockets listen_on(asio::io_context& context, const endpoint& where,
                            std::size_t backlog,
                            const std::vector<endpoint>& others,
                            const std::vector<tcp::endpoint>& taken) {
  if (where.is_local())
    return listen_on_file(context, where, backlog);
  return listen_on_host(context, where, backlog, others, taken);
}

} // namespace bridgekeeper::net
