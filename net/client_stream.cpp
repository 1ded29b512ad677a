#include "net/client_transport.hpp"

#include <boost/beast/websocket/teardown.hpp>

namespace bridgekeeper::net {

namespace {

class plain_transport : public client_transport {
public:
  explicit plain_transport(boost::asio::io_context& context)
    : socket_(context) {}

  tcp_socket& socket() noexcept override {
    return socket_;
  }

  void secure(const endpoint&, handler proceed) override {
    proceed({});
  }

  [[nodiscard]] std::string explanation() const override {
    return {};
  }

  void read_some(boost::asio::mutable_buffer place,
                 transfer_handler done) override {
    socket_.async_read_some(place, std::move(done));
  }

  void write_some(const output& bytes, transfer_handler done) override {
    socket_.async_write_some(bytes, std::move(done));
  }

  void tear_down(boost::beast::role_type role, handler done) override {
    boost::beast::websocket::async_teardown(role, socket_, std::move(done));
  }

private:
  tcp_socket socket_;
};

} // namespace

std::unique_ptr<client_transport>
make_plain_transport(boost::asio::io_context& context) {
  return std::make_unique<plain_transport>(context);
}

} // namespace bridgekeeper::net
