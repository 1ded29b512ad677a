#include "app/processes/start_watch.hpp"

#include <cerrno>
#include <utility>

namespace bridgekeeper::app {

start_watch::start_watch(boost::asio::io_context& context, owned_fd complaints,
                         handler on_outcome)
  : pipe_(context, complaints.take()), limit_(context),
    on_outcome_(std::move(on_outcome)) {}

void start_watch::start(std::chrono::milliseconds limit) {
  pipe_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                   [self = shared_from_this()](boost::system::error_code ec) {
                     if (!ec)
                       self->read();
                   });
  limit_.expires_after(limit);
  limit_.async_wait([self = shared_from_this()](boost::system::error_code ec) {
    if (!ec)
      self->finish({start_stage::time_limit, ETIMEDOUT});
  });
}

void start_watch::read() {
  if (on_outcome_)
    finish(read_outcome(pipe_.native_handle()));
}

void start_watch::stop() {
  on_outcome_ = nullptr;
  limit_.cancel();
  boost::system::error_code ignored;
  pipe_.close(ignored);
}

void start_watch::finish(const start_outcome& x) {
  auto on_outcome = std::exchange(on_outcome_, nullptr);
  stop();
  if (on_outcome)
    on_outcome(x);
}

} // namespace bridgekeeper::app
