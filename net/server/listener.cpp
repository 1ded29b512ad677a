#include "net/server/listener.hpp"

#include "log/log_line.hpp"
#include "net/address_text.hpp"
#include "net/beast_sessions.hpp"
#include "net/error_boundary.hpp"
#include "net/handshake_count.hpp"
#include "net/http_text.hpp"
#include "net/lasting_trouble.hpp"
#include "net/listening_socket.hpp"
#include "net/local_peer.hpp"
#include "net/socket_options.hpp"
#include "net/tls_handshake.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <unistd.h>
#include <utility>

namespace bridgekeeper::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct listener::sockets {
  struct one {
    tcp protocol;
    int descriptor;
    bool is_local;
  };

  sockets() = default;
  sockets(const sockets&) = delete;
  sockets& operator=(const sockets&) = delete;

  ~sockets() {
    for (const auto& x : all)
      ::close(x.descriptor);
  }

  std::vector<one> all;
  std::vector<std::unique_ptr<socket_file>> files;
  std::vector<endpoint> bound;
};

struct listener::impl : std::enable_shared_from_this<listener::impl> {
  struct listening {
    tcp::acceptor acceptor;
    asio::steady_timer retry;
    /// Accepts on a socket file: peers are on this machine and do not use TLS.
    bool is_local;
  };

  /// The rules for a connection, as they were when it was accepted.
  struct arrival_rules {
    tls_context_ptr tls;
    std::chrono::milliseconds handshake_timeout;
    std::shared_ptr<failure_quota> log_lines;
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
    for (auto& x : acceptors)
      accept(*x);
  }

  void open(const endpoint& where) {
    auto& context = threads.front()->context();
    auto found =
        listen_on(context, where, options.backlog, options.endpoints, taken);
    for (auto& acceptor : found.acceptors) {
      if (!where.is_local())
        taken.push_back(acceptor.local_endpoint());
      add(std::move(acceptor), where.is_local());
    }
    bound.push_back(found.where);
    if (found.file)
      files.push_back(std::move(found.file));
  }

  void open(sockets& from) {
    while (!from.all.empty()) {
      auto& x = from.all.back();
      tcp::acceptor acceptor{threads.front()->context()};
      acceptor.assign(x.protocol, x.descriptor);
      auto is_local = x.is_local;
      from.all.pop_back();
      add(std::move(acceptor), is_local);
    }
    files = std::move(from.files);
    bound = std::move(from.bound);
    for (auto& x : acceptors)
      accept(*x);
  }

  void add(tcp::acceptor acceptor, bool is_local) {
    // Accepted sockets inherit these options.
    error_code ignored;
    acceptor.set_option(tcp::no_delay{true}, ignored);
    keep_alive(acceptor.native_handle());
    limit_unacknowledged(acceptor.native_handle(),
                         options.http.pace.stall_timeout);
    acceptors.push_back(std::make_unique<listening>(
        listening{std::move(acceptor),
                  asio::steady_timer{threads.front()->context()}, is_local}));
  }

  std::shared_ptr<sockets> release() {
    closed = true;
    auto out = std::make_shared<sockets>();
    for (auto& x : acceptors) {
      x->retry.cancel();
      auto protocol =
          x->is_local ? tcp::v4() : x->acceptor.local_endpoint().protocol();
      out->all.push_back({protocol, x->acceptor.release(), x->is_local});
    }
    out->files = std::move(files);
    out->bound = std::move(bound);
    return out;
  }

  // -- accepting --------------------------------------------------------------

  void accept(listening& x) {
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
      contain("the acceptance of a connection", [&] {
        if (auto count = self->cannot_accept.is_over(self->now()))
          log::line(log::level::info, {},
                    "connections are accepted again ({} attempts failed)",
                    *count);
        self->welcome(home, std::move(*socket), x.is_local);
      });
      self->accept(x);
    });
  }

  void accept_later(listening& x, error_code error) {
    if (cannot_accept.shows(now()))
      log::line(log::level::warn, {},
                "cannot accept a connection: {}; retrying every {} ms",
                error.message(), accept_retry.count());
    x.retry.expires_after(accept_retry);
    x.retry.async_wait([self = shared_from_this(), &x](error_code cancelled) {
      if (!cancelled && !self->closed)
        self->accept(x);
    });
  }

  void welcome(io_thread& home, tcp_socket socket, bool is_local) {
    error_code error;
    auto ip = is_local ? local_peer_name(socket.native_handle())
                       : peer_address(socket, error);
    if (error)
      return;
    // A proxy's address or a socket file stands for many clients.
    auto is_shared = is_local || options.proxies.trusts(ip);
    auto place = ledger->try_connect(ip, is_shared);
    auto rules = rules_for(is_local);
    (place ? counts->accepted : counts->rejected)
        .fetch_add(1, std::memory_order_relaxed);
    if (!place) {
      if (is_full.shows(now()))
        log::line(
            log::level::warn,
            {.reason = token(errc::too_many_connections), .peer = ip},
            "new connections are rejected: {} are open, and "
            "server.max_connections or server.max_connections_per_ip allows no "
            "more",
            ledger->total());
      if (options.on_reject)
        contain("the telling of a rejected connection",
                [&] { options.on_reject(ip); });
      return reject(std::move(socket), rules);
    }
    place->may_be_cut(socket.native_handle());
    if (auto count = is_full.is_over(now()))
      log::line(log::level::info, {},
                "connections are accepted again ({} were rejected)", *count);
    auto arrival = std::make_shared<connection>(
        connection{peer_stream{std::move(socket)}, std::move(ip),
                   std::move(place), rules.tls ? nullptr : count_in(home)});
    // Pass the rules along, because the options may change before the other
    // thread runs this.
    asio::post(home.context(),
               [self = shared_from_this(), &home, arrival, rules] {
                 if (self->closed)
                   return;
                 contain("the start of a connection", [&] {
                   if (rules.tls)
                     self->secure(home, std::move(*arrival), rules);
                   else
                     self->hand_over(home, std::move(*arrival), rules.http);
                 });
               });
  }

  [[nodiscard]] time_point now() const {
    return threads.front()->deadlines().now();
  }

  static std::string peer_address(const tcp_socket& socket, error_code& error) {
    auto peer = socket.remote_endpoint(error);
    return error ? std::string{} : address_text(peer.address());
  }

  [[nodiscard]] arrival_rules rules_for(bool is_local) const {
    auto http = options.http;
    http.log_lines = options.log_lines;
    return {is_local ? nullptr : options.tls, options.tls_handshake_timeout,
            options.log_lines, std::move(http)};
  }

  // -- on the connection's own thread -----------------------------------------

  /// A handshake does not keep the listener alive and is not counted for its
  /// thread, so nothing has to wait for it at shutdown. If it completes after
  /// the listener was closed, the connection is dropped.
  void secure(io_thread& home, connection arrival, const arrival_rules& rules) {
    shake_hands(std::move(arrival), rules.tls, home.deadlines(),
                rules.handshake_timeout, rules.log_lines,
                [weak = weak_from_this(), &home, http = rules.http,
                 count = std::make_shared<handshake_count>(counts)](
                    connection secured) {
                  count->complete();
                  auto self = weak.lock();
                  if (!self || self->closed)
                    return;
                  contain("the start of a TLS connection", [&] {
                    secured.presence = count_in(home);
                    self->hand_over(home, std::move(secured), http);
                  });
                });
  }

  void hand_over(io_thread& home, connection arrival,
                 const http_options& http) {
    on_accept(home,
              make_http_session(std::move(arrival), http, home.deadlines()));
  }

  static std::shared_ptr<void> count_in(io_thread& home) {
    home.connections.fetch_add(1);
    return {nullptr, [&home](void*) { home.connections.fetch_sub(1); }};
  }

  /// A single write that fits the socket's empty buffer, so nothing has to wait
  /// for it. Over TLS nothing is sent, because that would require a handshake.
  static void reject(tcp_socket socket, const arrival_rules& rules) {
    if (rules.tls)
      return;
    error_code ignored;
    socket.non_blocking(true, ignored);
    auto text = refusal_text(errc::too_many_connections);
    socket.write_some(asio::buffer(text), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
  }

  std::vector<io_thread*> threads;
  listener_options options;
  accept_handler on_accept;
  std::shared_ptr<connection_ledger> ledger;
  std::shared_ptr<listener_counts> counts = std::make_shared<listener_counts>();
  std::vector<std::unique_ptr<listening>> acceptors;
  std::vector<std::unique_ptr<socket_file>> files;
  std::vector<endpoint> bound;
  std::vector<tcp::endpoint> taken;
  std::size_t next_thread = 0;
  lasting_trouble cannot_accept;
  lasting_trouble is_full;
  /// Set on the first I/O thread and read on all threads.
  std::atomic<bool> closed{false};
};

listener::listener(std::vector<io_thread*> threads, listener_options options,
                   accept_handler on_accept)
  : impl_(std::make_shared<impl>(std::move(threads), std::move(options),
                                 std::move(on_accept))) {}

listener::~listener() = default;

void listener::open() {
  impl_->open();
}

void listener::open(sockets& taken_over) {
  impl_->open(taken_over);
}

const std::vector<endpoint>& listener::bound() const noexcept {
  return impl_->bound;
}

const std::shared_ptr<connection_ledger>& listener::ledger() const {
  return impl_->ledger;
}

std::shared_ptr<const listener_counts> listener::counts() const {
  return impl_->counts;
}

void listener::renew_tls(tls_context_ptr tls) {
  impl_->options.tls = std::move(tls);
}

void listener::change_options(listener_options options) {
  auto& x = impl_->options;
  options.endpoints = std::move(x.endpoints);
  options.backlog = x.backlog;
  options.on_reject = std::move(x.on_reject);
  options.tls = std::move(x.tls);
  options.log_lines = std::move(x.log_lines);
  x = std::move(options);
  for (auto& listening : impl_->acceptors)
    limit_unacknowledged(listening->acceptor.native_handle(),
                         x.http.pace.stall_timeout);
  impl_->ledger->change_limits(x.limits);
}

std::shared_ptr<listener::sockets> listener::release() {
  return impl_->release();
}

void listener::close() {
  impl_->closed = true;
  for (auto& x : impl_->acceptors) {
    error_code ignored;
    x->acceptor.close(ignored);
    x->retry.cancel();
  }
  impl_->files.clear();
}

} // namespace bridgekeeper::net
