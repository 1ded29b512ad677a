#include "net/listener.hpp"

#include "net/beast_sessions.hpp"
#include "net/http_text.hpp"
#include "net/lasting_trouble.hpp"
#include "net/log_line.hpp"
#include "net/tls_handshake.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <stdexcept>
#include <utility>

namespace bridgekeeper::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto retry_after_error = std::chrono::milliseconds{100};

} // namespace

struct listener::impl : std::enable_shared_from_this<listener::impl> {
  struct door {
    tcp::acceptor acceptor;
    asio::steady_timer retry;
  };

  /// What a connection goes by, as it was when it came.
  struct arrival_rules {
    tls_context_ptr tls;
    std::chrono::milliseconds handshake_timeout;
    http_options http;
  };

  impl(std::vector<io_thread*> io_threads, listener_options opts,
       accept_handler handler)
    : threads(std::move(io_threads)), options(std::move(opts)),
      on_accept(std::move(handler)),
      ledger(std::make_shared<connection_ledger>(options.limits)) {}

  // -- opening ----------------------------------------------------------------

  void open() {
    for (const auto& where : options.endpoints)
      open(where);
    for (auto& x : doors)
      accept(*x);
  }

  void open(const endpoint& where) {
    auto& context = threads.front()->context();
    error_code error;
    tcp::resolver resolver{context};
    auto found = resolver.resolve(where.host, std::to_string(where.port),
                                  tcp::resolver::passive, error);
    if (error)
      fail(where, "resolve", error);
    for (const auto& entry : found) {
      auto address = entry.endpoint();
      tcp::acceptor acceptor{context};
      acceptor.open(address.protocol(), error);
      if (!error)
        acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
      if (!error && address.address().is_v6())
        acceptor.set_option(asio::ip::v6_only{true}, error);
      if (!error)
        acceptor.bind(address, error);
      if (!error)
        acceptor.listen(static_cast<int>(options.backlog), error);
      if (error)
        fail(where, "listen on", error);
      bound.push_back({where.host, acceptor.local_endpoint().port()});
      doors.push_back(std::make_unique<door>(
          door{std::move(acceptor), asio::steady_timer{context}}));
      // One socket a name: "localhost" on port 0 must not become two ports.
      return;
    }
    fail(where, "resolve", asio::error::host_not_found);
  }

  [[noreturn]] static void fail(const endpoint& where, const char* what,
                                error_code error) {
    auto text = std::string{"Cannot "} + what + " " + to_string(where) + ": "
                + error.message() + ".";
    if (error == asio::error::address_in_use)
      text += " Another program listens there: stop it, or choose another "
              "address with --listen HOST:PORT.";
    else if (error == asio::error::access_denied)
      text += " Ports below 1024 need CAP_NET_BIND_SERVICE; choose another "
              "with --listen HOST:PORT.";
    throw std::runtime_error(text);
  }

  // -- accepting --------------------------------------------------------------

  void accept(door& x) {
    auto& home = *threads[next_thread++ % threads.size()];
    auto socket = std::make_shared<tcp_socket>(home.context());
    x.acceptor.async_accept(*socket, [self = shared_from_this(), &x, &home,
                                      socket](error_code err) {
      if (self->closed)
        return;
      if (err) {
        self->accept_later(x, err);
        return;
      }
      if (auto count = self->cannot_accept.is_over(self->now()))
        log_line(spdlog::level::info, {},
                 "connections are accepted again ({} attempts failed)", *count);
      self->welcome(home, std::move(*socket));
      self->accept(x);
    });
  }

  void accept_later(door& x, error_code error) {
    if (cannot_accept.shows(now()))
      log_line(spdlog::level::warn, {},
               "cannot accept a connection: {}; trying again every {} ms",
               error.message(), retry_after_error.count());
    x.retry.expires_after(retry_after_error);
    x.retry.async_wait([self = shared_from_this(), &x](error_code cancelled) {
      if (!cancelled && !self->closed)
        self->accept(x);
    });
  }

  void welcome(io_thread& home, tcp_socket socket) {
    error_code error;
    auto peer = socket.remote_endpoint(error);
    if (error)
      return;
    socket.set_option(tcp::no_delay{true}, error);
    auto ip = peer.address().to_string();
    auto place =
        ledger->try_connect(options.proxies.trusts(ip) ? std::string{} : ip);
    if (!place) {
      if (is_full.shows(now()))
        log_line(
            spdlog::level::warn,
            {.reason = token(protocol::errc::too_many_connections), .peer = ip},
            "connections are refused: there are {}, and "
            "server.max_connections or server.max_connections_per_ip "
            "allows no more",
            ledger->total());
      return turn_away(std::move(socket));
    }
    if (auto count = is_full.is_over(now()))
      log_line(spdlog::level::info, {},
               "connections are let in again ({} were refused)", *count);
    auto arrival = std::make_shared<connection>(
        connection{std::move(socket), std::move(ip), std::move(place),
                   options.tls ? nullptr : count_in(home)});
    // The options may change while this is on its way to the other thread.
    asio::post(home.context(),
               [self = shared_from_this(), &home, arrival, rules = rules()] {
                 if (rules.tls)
                   self->secure(home, std::move(*arrival), rules);
                 else
                   self->hand_over(home, std::move(*arrival), rules.http);
               });
  }

  [[nodiscard]] time_point now() const {
    return threads.front()->deadlines().now();
  }

  [[nodiscard]] arrival_rules rules() const {
    return {options.tls, options.tls_handshake_timeout, options.http};
  }

  // -- on the connection's own thread -----------------------------------------

  /// Handshakes hold no listener and count for no thread, so that nobody has
  /// to wait for them at the end.
  void secure(io_thread& home, connection arrival, const arrival_rules& rules) {
    shake_hands(std::move(arrival), rules.tls, home.deadlines(),
                rules.handshake_timeout,
                [weak = weak_from_this(), &home,
                 http = rules.http](tls_connection secured) {
                  if (auto self = weak.lock()) {
                    secured.presence = count_in(home);
                    self->hand_over(home, std::move(secured), http);
                  }
                });
  }

  template <class Stream>
  void hand_over(io_thread& home, basic_connection<Stream> arrival,
                 const http_options& http) {
    on_accept(home,
              make_http_session(std::move(arrival), http, home.deadlines()));
  }

  static std::shared_ptr<void> count_in(io_thread& home) {
    home.connections.fetch_add(1);
    return {nullptr, [&home](void*) { home.connections.fetch_sub(1); }};
  }

  /// One write that fits the socket's empty buffer; nothing waits for it. For a
  /// sentence over TLS, a handshake would have to be paid first.
  void turn_away(tcp_socket socket) const {
    if (options.tls)
      return;
    error_code ignored;
    socket.non_blocking(true, ignored);
    auto text = refusal_text(protocol::errc::too_many_connections);
    socket.write_some(asio::buffer(text), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
  }

  std::vector<io_thread*> threads;
  listener_options options;
  accept_handler on_accept;
  std::shared_ptr<connection_ledger> ledger;
  std::vector<std::unique_ptr<door>> doors;
  std::vector<endpoint> bound;
  std::size_t next_thread = 0;
  lasting_trouble cannot_accept;
  lasting_trouble is_full;
  bool closed = false;
};

listener::listener(std::vector<io_thread*> threads, listener_options options,
                   accept_handler on_accept)
  : impl_(std::make_shared<impl>(std::move(threads), std::move(options),
                                 std::move(on_accept))) {}

listener::~listener() = default;

void listener::open() {
  impl_->open();
}

const std::vector<endpoint>& listener::bound() const noexcept {
  return impl_->bound;
}

const std::shared_ptr<connection_ledger>& listener::ledger() const {
  return impl_->ledger;
}

void listener::renew_tls(tls_context_ptr tls) {
  impl_->options.tls = std::move(tls);
}

void listener::change_options(listener_options options) {
  auto& x = impl_->options;
  options.endpoints = std::move(x.endpoints);
  options.backlog = x.backlog;
  options.tls = std::move(x.tls);
  x = std::move(options);
  impl_->ledger->change_limits(x.limits);
}

void listener::close() {
  impl_->closed = true;
  for (auto& x : impl_->doors) {
    error_code ignored;
    x->acceptor.close(ignored);
    x->retry.cancel();
  }
}

} // namespace bridgekeeper::net
