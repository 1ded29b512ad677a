#include "app/processes/packet_channel.hpp"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <cerrno>
#include <sys/socket.h>

using namespace bridgekeeper::app;

namespace {

/// A channel whose socket fails as the test wants, and the other end.
struct failing_channel {
  failing_channel() {
    auto [ours, theirs] = make_packet_sockets();
    other_end = std::move(theirs);
    aut = std::make_shared<packet_channel>(
        context, std::move(ours),
        packet_channel::handlers{[](auto&&...) {}, [this] { ended = true; }},
        [this](int, const std::string&, const auto&) {
          ++attempts;
          return error;
        });
    aut->start();
  }

  ~failing_channel() {
    aut->close();
    context.poll();
  }

  failing_channel(const failing_channel&) = delete;

  failing_channel& operator=(const failing_channel&) = delete;

  boost::asio::io_context context{1};
  owned_fd other_end;
  std::shared_ptr<packet_channel> aut;
  int error = 0;
  int attempts = 0;
  bool ended = false;
};

} // namespace

TEST_CASE_FIXTURE(failing_channel, "a lack of buffers is not a busy loop") {
  for (auto lack : {ENOBUFS, ETOOMANYREFS, ENOMEM}) {
    error = lack;
    attempts = 0;
    auto begin = std::chrono::steady_clock::now();
    aut->send({packet_kind::end, 1});
    context.run_for(5 * packet_channel::retry_interval);
    auto elapsed = std::chrono::steady_clock::now() - begin;
    CHECK(attempts >= 2);
    CHECK(attempts <= elapsed / packet_channel::retry_interval + 1);
    error = 0;
    auto before = attempts;
    while (attempts == before)
      context.run_one();
  }
  CHECK_FALSE(ended);
}

TEST_CASE_FIXTURE(failing_channel, "no packet is lost in silence") {
  error = EPERM;
  aut->send({packet_kind::end, 1});
  CHECK_FALSE(ended);
  context.run();
  CHECK(ended);
}
