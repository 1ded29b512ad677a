#include "support/io_threads.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

namespace bridgekeeper::test {

namespace {

struct quiet_config : caf::actor_system_config {
  quiet_config() {
    // Without a pool of its own: nothing here is for it to do.
    set("scheduler.policy", caf::atom("testing"));
  }
};

} // namespace

struct io_threads::actors {
  quiet_config config;
  caf::actor_system system{config};
};

io_threads::io_threads(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    threads_.push_back(std::make_unique<net::io_thread>(i));
  actors_ = std::make_unique<actors>();
}

io_threads::~io_threads() {
  stop();
}

void io_threads::start() {
  for (auto& thread : threads_)
    thread->start(actors_->system);
}

void io_threads::stop() {
  for (auto& thread : threads_)
    thread->stop();
}

std::vector<net::io_thread*> io_threads::pointers() const {
  std::vector<net::io_thread*> out;
  for (const auto& thread : threads_)
    out.push_back(thread.get());
  return out;
}

} // namespace bridgekeeper::test
