#pragma once

// Private to this room: the steps of an HTTP request, for all clients. Only
// here are Beast's HTTP operations generated for them, except for those that
// the WebSocket handshake needs.

#include "net/client_stream.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

namespace bridgekeeper::net {

using client_request =
    boost::beast::http::request<boost::beast::http::string_body>;

// All arguments must live until `done` is called.

void send_request(client_stream& stream, client_request& request,
                  client_stream::completion_handler done);

void receive_header(client_stream& stream, boost::beast::flat_buffer& buffer,
                    boost::beast::http::basic_parser<false>& response,
                    client_stream::completion_handler done);

/// Receives a part of the body.
void receive_some(client_stream& stream, boost::beast::flat_buffer& buffer,
                  boost::beast::http::basic_parser<false>& response,
                  client_stream::completion_handler done);

} // namespace bridgekeeper::net
