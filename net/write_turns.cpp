#include "net/write_turns.hpp"

#include "net/error_boundary.hpp"

#include <boost/asio/defer.hpp>

#include <utility>

namespace bridgekeeper::net {

namespace asio = boost::asio;

asio::execution_context::id write_turns::id;

write_turns::write_turns(asio::execution_context& context, clock_function clock)
  : asio::execution_context::service(context),
    context_(static_cast<asio::io_context&>(context)),
    clock_(std::move(clock)) {}

write_turns& write_turns::of(asio::io_context& context) {
  return asio::use_service<write_turns>(context);
}

void write_turns::put_off(std::shared_ptr<writer> x) {
  waiting_.push_back(std::move(x));
  if (waiting_.size() > 1)
    return;
  turns_ = 0;
  since_ = clock_();
  await_turn();
}

void write_turns::shutdown() noexcept {
  waiting_.clear();
  writing_.clear();
}

void write_turns::await_turn() {
  asio::defer(context_, [this] { on_turn(); });
}

void write_turns::on_turn() {
  ++turns_;
  if (waiting_.size() > 1 && turns_ < most_turns
      && clock_() - since_ < longest_wait)
    return await_turn();
  // A writer may call `put_off` again while it is being called.
  std::swap(waiting_, writing_);
  for (const auto& x : writing_)
    contain("the write to a connection", [&] { x->write_now(); });
  writing_.clear();
}

} // namespace bridgekeeper::net
