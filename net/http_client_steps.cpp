#include "net/http_client_steps.hpp"

#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <cstddef>
#include <utility>

namespace bridgekeeper::net {

namespace http = boost::beast::http;

namespace {

/// Omits the number of bytes. One type for all steps.
struct without_size {
  client_stream::completion_handler done;

  void operator()(boost::system::error_code error, std::size_t) const {
    done(error);
  }
};

} // namespace

void send_request(client_stream& stream, client_request& request,
                  client_stream::completion_handler done) {
  http::async_write(stream, request, without_size{std::move(done)});
}

void receive_header(client_stream& stream, boost::beast::flat_buffer& buffer,
                    http::basic_parser<false>& response,
                    client_stream::completion_handler done) {
  http::async_read_header(stream, buffer, response,
                          without_size{std::move(done)});
}

void receive_some(client_stream& stream, boost::beast::flat_buffer& buffer,
                  http::basic_parser<false>& response,
                  client_stream::completion_handler done) {
  http::async_read_some(stream, buffer, response,
                        without_size{std::move(done)});
}

} // namespace bridgekeeper::net
