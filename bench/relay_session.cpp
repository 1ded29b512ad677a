#include "bench/relay_session.hpp"

#include "bench/relay_route.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <nlohmann/json.hpp>

#include <charconv>
#include <deque>
#include <memory>
#include <string>
#include <utility>

namespace bridgekeeper::bench {

namespace {

namespace beast = boost::beast;
using boost::system::error_code;
using tcp = boost::asio::ip::tcp;
using socket =
    boost::asio::basic_stream_socket<tcp,
                                     boost::asio::io_context::executor_type>;

constexpr std::size_t max_number = 1'000'000;

std::string heartbeat_for(std::string_view frame) {
  auto in = nlohmann::json::parse(frame);
  nlohmann::json out{{"type", "heartbeat"},
                     {"agent_id", in.at("agent_id")},
                     {"timestamp", in.at("timestamp")}};
  return out.dump();
}

} // namespace

/// One connection. Single-threaded, so no strand and no lock; it lives as long
/// as an operation on its socket is under way.
class relay_session : public std::enable_shared_from_this<relay_session> {
public:
  relay_session(socket&& connection, relay_table& table)
    : ws_(std::move(connection)), table_(table) {}

  ~relay_session() {
    if (place_ != nullptr && (*place_)[number_] == this)
      (*place_)[number_] = nullptr;
  }

  void start() {
    beast::http::async_read(
        ws_.next_layer(), in_, request_,
        [self = shared_from_this()](error_code code, std::size_t) {
          if (!code)
            self->upgrade();
        });
  }

private:
  void upgrade() {
    if (!take_place(std::string_view{request_.target()}))
      return;
    ws_.auto_fragment(false);
    ws_.async_accept(request_, [self = shared_from_this()](error_code code) {
      if (code)
        return;
      self->in_.clear();
      self->request_ = {};
      self->read();
    });
  }

  /// `/agent/N` or `/ctl/N`; the echo modes take any path.
  bool take_place(std::string_view path) {
    if (table_.mode != relay_mode::relay)
      return true;
    for (auto [prefix, place] :
         {std::pair{std::string_view{"/agent/"}, &table_.agents},
          {std::string_view{"/ctl/"}, &table_.requesters}}) {
      if (!path.starts_with(prefix))
        continue;
      path.remove_prefix(prefix.size());
      std::from_chars(path.data(), path.data() + path.size(), number_);
      if (number_ >= max_number)
        return false;
      if (place->size() <= number_)
        place->resize(number_ + 1);
      (*place)[number_] = this;
      place_ = place;
      return true;
    }
    return false;
  }

  void read() {
    ws_.async_read(in_,
                   [self = shared_from_this()](error_code code, std::size_t) {
                     if (code)
                       return;
                     self->forward();
                     self->in_.clear();
                     self->read();
                   });
  }

  void forward() {
    auto bytes = in_.cdata();
    std::string_view frame{static_cast<const char*>(bytes.data()),
                           bytes.size()};
    ws_.text(ws_.got_text());
    if (table_.mode == relay_mode::echo)
      send(std::string{frame});
    else if (table_.mode == relay_mode::echo_json)
      send(heartbeat_for(frame));
    else if (auto peer = peer_of(frame); peer != nullptr)
      peer->send(std::string{frame});
  }

  relay_session* peer_of(std::string_view frame) {
    auto from_agent = place_ == &table_.agents;
    const auto& peers = from_agent ? table_.requesters : table_.agents;
    auto number = relay_route::number(frame, from_agent ? 1 : 0);
    if (!number || *number >= peers.size())
      return nullptr;
    return peers[*number];
  }

  void send(std::string frame) {
    queue_.push_back(std::move(frame));
    if (queue_.size() == 1)
      write();
  }

  void write() {
    ws_.async_write(boost::asio::buffer(queue_.front()),
                    [self = shared_from_this()](error_code code, std::size_t) {
                      if (code)
                        return;
                      self->queue_.pop_front();
                      if (!self->queue_.empty())
                        self->write();
                    });
  }

  beast::websocket::stream<socket, false> ws_;
  relay_table& table_;
  beast::flat_buffer in_;
  beast::http::request<beast::http::string_body> request_;
  std::vector<relay_session*>* place_ = nullptr;
  std::size_t number_ = 0;
  std::deque<std::string> queue_;
};

relay_listener::relay_listener(boost::asio::io_context& io, relay_mode mode,
                               unsigned short port)
  : io_(io), table_{mode, {}, {}},
    acceptor_(io.get_executor(),
              {boost::asio::ip::address_v4::loopback(), port}) {}

unsigned short relay_listener::port() const {
  return acceptor_.local_endpoint().port();
}

void relay_listener::accept() {
  acceptor_.async_accept(io_.get_executor(), [this](error_code code,
                                                    socket connection) {
    if (!code) {
      connection.set_option(tcp::no_delay{true});
      std::make_shared<relay_session>(std::move(connection), table_)->start();
    }
    accept();
  });
}

} // namespace bridgekeeper::bench
