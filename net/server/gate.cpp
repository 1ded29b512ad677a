#include "net/server/gate.hpp"

#include "log/log_line.hpp"
#include "net/error_boundary.hpp"
#include "net/lasting_trouble.hpp"
#include "net/listening_socket.hpp"
#include "net/secret_text.hpp"
#include "net/socket_options.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace bridgekeeper::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

std::string answer_to(const result<std::string>& verdict) {
  if (verdict)
    return "welcome\n";
  const auto& why = verdict.error();
  return "refused " + std::string{token(why.code)} + " " + to_string(why)
         + "\n";
}

} // namespace

struct gate::impl : std::enable_shared_from_this<gate::impl> {
  struct visitor : std::enable_shared_from_this<visitor> {
    visitor(tcp::socket connection, impl& owner)
      : socket(std::move(connection)),
        late(owner.home.deadlines(),
             [this, &owner] { owner.send_away(shared_from_this()); }) {}

    tcp::socket socket;
    std::string line;
    /// Whose credential it was.
    std::string name;
    deadline late;
  };

  using visitor_ptr = std::shared_ptr<visitor>;

  impl(io_thread& io, gate_options opts, judge judge_fun, admit admit_fun)
    : home(io), options(std::move(opts)), on_handshake(std::move(judge_fun)),
      on_pass(std::move(admit_fun)), acceptor(home.context()),
      retry(home.deadlines(), [this] { accept(); }) {}

  // -- opening and closing ----------------------------------------------------

  result<endpoint> open(const endpoint& where) {
    error_code error;
    tcp::resolver resolver{home.context()};
    auto found = resolver.resolve(where.host, std::to_string(where.port),
                                  tcp::resolver::passive, error);
    if (error)
      return failed(error);
    tcp::endpoint address = *found.begin();
    acceptor.open(address.protocol(), error);
    if (!error)
      acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
    if (!error && address.address().is_v6())
      acceptor.set_option(asio::ip::v6_only{true}, error);
    if (!error)
      keep_alive(acceptor.native_handle());
    if (!error)
      acceptor.bind(address, error);
    if (!error)
      acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error)
      return failed(error);
    accept();
    return endpoint{where.host, acceptor.local_endpoint().port()};
  }

  static failure failed(error_code error) {
    return {errc::unavailable, error.message()};
  }

  void close() {
    closed = true;
    retry.disarm();
    error_code ignored;
    acceptor.close(ignored);
    while (!visitors.empty())
      send_away(visitors.front());
  }

  // -- connections ------------------------------------------------------------

  void accept() {
    acceptor.async_accept(
        [self = shared_from_this()](error_code error, tcp::socket socket) {
          if (self->closed)
            return;
          if (error) {
            if (self->cannot_accept.shows(self->home.deadlines().now()))
              log::line(log::level::warn, {},
                        "cannot accept an operator's connection: {}",
                        error.message());
            self->retry.arm(accept_retry);
            return;
          }
          if (self->cannot_accept.is_over(self->home.deadlines().now()))
            log::line(log::level::info, {},
                      "operators' connections are accepted again");
          if (self->visitors.size() >= self->options.max_visitors)
            self->send_away(self->visitors.front());
          self->receive(std::move(socket));
          self->accept();
        });
  }

  void receive(tcp::socket socket) {
    // The new owner takes the descriptor as it is, so set its options here:
    // small frames must be sent at once, and vanished peers must be detected.
    error_code ignored;
    socket.set_option(tcp::no_delay{true}, ignored);
    socket.set_option(asio::socket_base::keep_alive{true}, ignored);
    auto who = std::make_shared<visitor>(std::move(socket), *this);
    visitors.push_back(who);
    who->late.arm(options.timeout);
    asio::async_read_until(
        who->socket, asio::dynamic_buffer(who->line, options.max_line), '\n',
        [self = shared_from_this(), who](error_code error, std::size_t size) {
          if (!self->is_waiting(who))
            return;
          // Nothing may follow the line before `welcome`.
          if (error || size != who->line.size())
            return self->send_away(who);
          self->hear(who);
        });
  }

  [[nodiscard]] bool is_waiting(const visitor_ptr& who) const {
    return std::find(visitors.begin(), visitors.end(), who) != visitors.end();
  }

  void hear(const visitor_ptr& who) {
    auto greeting = options.greeting + " ";
    if (!who->line.starts_with(greeting))
      return send_away(who);
    auto credential = who->line.substr(greeting.size());
    credential.pop_back();
    wipe(who->line);
    // Weak pointers: the verdict may be kept or destroyed on another thread.
    auto say = [self = weak_from_this(), guest = std::weak_ptr{who}](
                   const result<std::string>& verdict) {
      auto gate = self.lock();
      auto present = guest.lock();
      if (gate && gate->is_waiting(present))
        gate->answer(present, verdict);
    };
    if (!contain("the check of an operator's token",
                 [&] { on_handshake(std::move(credential), say); }))
      send_away(who);
  }

  void answer(const visitor_ptr& who, const result<std::string>& verdict) {
    who->line = answer_to(verdict);
    auto is_welcome = verdict.has_value();
    if (is_welcome)
      who->name = *verdict;
    asio::async_write(who->socket, asio::buffer(who->line),
                      [self = shared_from_this(), who,
                       is_welcome](error_code error, std::size_t) {
                        if (!self->is_waiting(who))
                          return;
                        if (error || !is_welcome)
                          return self->send_away(who);
                        self->accept_visitor(who);
                      });
  }

  void accept_visitor(const visitor_ptr& who) {
    error_code error;
    auto descriptor = who->socket.release(error);
    send_away(who);
    if (!error)
      contain("the admission of an operator",
              [&] { on_pass(descriptor, who->name); });
  }

  void send_away(visitor_ptr who) {
    std::erase(visitors, who);
    who->late.disarm();
    error_code ignored;
    who->socket.close(ignored);
  }

  io_thread& home;
  gate_options options;
  judge on_handshake;
  admit on_pass;
  tcp::acceptor acceptor;
  deadline retry;
  /// Connections without a verdict, in order of arrival.
  std::vector<visitor_ptr> visitors;
  lasting_trouble cannot_accept;
  bool closed = false;
};

gate::gate(io_thread& home, gate_options options, judge on_handshake,
           admit on_pass)
  : impl_(std::make_shared<impl>(home, std::move(options),
                                 std::move(on_handshake), std::move(on_pass))) {
}

gate::~gate() = default;

result<endpoint> gate::open(const endpoint& where) {
  return impl_->open(where);
}

void gate::close() {
  impl_->close();
}

} // namespace bridgekeeper::net
