#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <functional>
#include <memory>
#include <string_view>

namespace bridgekeeper::app {

/// Reads a pipe to its end and passes the data to a handler. While the reader
/// is paused, the pipe fills up and its writer blocks. Created with
/// `std::make_shared`; a pending read keeps the object alive. Runs on the
/// thread of its `io_context`.
class pipe_reader : public std::enable_shared_from_this<pipe_reader> {
public:
  struct handlers {
    std::function<void(std::string_view)> on_data;
    /// Called once at the end of the pipe, unless `stop` was called before.
    std::function<void()> on_end;
  };

  /// Takes ownership of `fd`.
  pipe_reader(boost::asio::io_context& context, int fd, handlers callbacks);

  void start();

  void pause() noexcept;

  void resume();

  /// Closes the pipe. No handler is called afterwards.
  void stop();

private:
  void read();

  boost::asio::posix::stream_descriptor pipe_;
  handlers handlers_;
  std::array<char, 16 * 1024> buffer_;
  bool paused_ = false;
  bool reading_ = false;
  bool ended_ = false;
};

} // namespace bridgekeeper::app
