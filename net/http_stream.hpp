#pragma once

#include "net/http_call.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace bridgekeeper::net {

/// How a response that arrives over time has ended.
struct http_stream_end {
  /// 0 if there was no response.
  unsigned status = 0;
  /// The response arrived to its end.
  bool is_complete = false;
  /// The body of a response other than 200, if it is complete; otherwise an
  /// error message.
  std::string text;
  /// See `http_reply`.
  bool untrusted = false;
};

/// A GET whose response lasts, such as a stream of events. Runs on the thread
/// of its `io_context`. The handlers may destroy it.
class http_stream {
public:
  struct handlers {
    /// Gets the body of a response with the status 200, piece by piece.
    std::function<void(std::string_view)> on_data;
    /// Called once, unless the stream is closed before.
    std::function<void(const http_stream_end&)> on_end;
  };

  /// `options.response_timeout` limits the time without any data; 0: no limit.
  /// `options.max_response_bytes` only limits responses other than 200.
  http_stream(boost::asio::io_context& context, http_call_options options,
              handlers callbacks);

  /// Closes the stream.
  ~http_stream();
  http_stream(const http_stream&) = delete;
  http_stream& operator=(const http_stream&) = delete;

  void start();

  /// Ends the connection without a further call.
  void close();

private:
  class connection;

  std::shared_ptr<connection> connection_;
};

} // namespace bridgekeeper::net
