#include "app/processes/pipe_reader.hpp"

#include <boost/asio/buffer.hpp>

#include <utility>

namespace bridgekeeper::app {

pipe_reader::pipe_reader(boost::asio::io_context& context, int fd,
                         handlers callbacks)
  : pipe_(context, fd), handlers_(std::move(callbacks)) {}

void pipe_reader::start() {
  read();
}

void pipe_reader::pause() noexcept {
  paused_ = true;
}

void pipe_reader::resume() {
  paused_ = false;
  read();
}

void pipe_reader::stop() {
  ended_ = true;
  boost::system::error_code ignored;
  pipe_.close(ignored);
}

void pipe_reader::read() {
  if (reading_ || paused_ || ended_)
    return;
  reading_ = true;
  pipe_.async_read_some(
      boost::asio::buffer(buffer_),
      [self = shared_from_this()](boost::system::error_code ec,
                                  std::size_t count) {
        self->reading_ = false;
        if (self->ended_)
          return;
        if (ec) {
          self->stop();
          self->handlers_.on_end();
          return;
        }
        self->handlers_.on_data({self->buffer_.data(), count});
        self->read();
      });
}

} // namespace bridgekeeper::app
