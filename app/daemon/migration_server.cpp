#include "app/daemon/migration_server.hpp"

#include "api/control_answers.hpp"
#include "app/daemon/wait_until.hpp"
#include "log/log_line.hpp"
#include "net/http_session.hpp"

#include <chrono>
#include <exception>
#include <future>
#include <string>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <vector>

namespace bridgekeeper::app {

namespace {

/// How long clients should wait before they try again.
constexpr std::chrono::seconds retry_after{5};

/// Longer than any session takes to close.
constexpr std::chrono::seconds abandon_timeout{3};

} // namespace

/// Only on the server's thread. Its sessions share it, because they may outlive
/// the server.
struct migration_server_state {
  /// For people: why requests are refused.
  std::string reason;
  std::unordered_set<std::shared_ptr<net::http_session>> connections = {};
};

namespace {

/// Belongs to its connection, which it keeps alive; the connection releases it
/// when it ends.
class migration_session final : public net::http_owner {
public:
  migration_session(std::shared_ptr<migration_server_state> state,
                    std::shared_ptr<net::http_session> connection)
    : state_(std::move(state)), connection_(std::move(connection)) {
    state_->connections.insert(connection_);
  }

  ~migration_session() override {
    state_->connections.erase(connection_);
  }

  void on_request(const net::http_request& x) override {
    auto path = x.target().substr(0, x.target().find('?'));
    auto is_read = x.method() == "GET" || x.method() == "HEAD";
    if (is_read && path == "/livez")
      connection_->respond(api::well_answer());
    else if (is_read && path == "/readyz")
      connection_->respond(
          api::unready_answer(errc::unavailable, state_->reason));
    else
      connection_->respond(
          api::error_answer({errc::unavailable, state_->reason}, retry_after));
  }

  [[nodiscard]] bool wants_body(const net::http_request&) override {
    return false;
  }

  void on_writable() override {}

  void on_end(const net::session_end&) override {}

private:
  std::shared_ptr<migration_server_state> state_;
  std::shared_ptr<net::http_session> connection_;
};

void end_all(const migration_server_state& state) {
  // They leave the set as they end.
  std::vector<std::shared_ptr<net::http_session>> all{state.connections.begin(),
                                                      state.connections.end()};
  for (auto& x : all)
    x->abandon();
}

} // namespace

migration_server::migration_server() = default;

migration_server::~migration_server() {
  std::ignore = stop();
}

void migration_server::start(net::listener_options options, std::int32_t from,
                             std::int32_t to) {
  if (thread_)
    return;
  auto versions =
      "from version " + std::to_string(from) + " to " + std::to_string(to);
  auto state = std::make_shared<migration_server_state>();
  state->reason = "the store is being converted " + versions;
  auto thread = std::make_unique<net::io_thread>(0);
  auto listener = std::make_unique<net::listener>(
      std::vector{thread.get()}, std::move(options),
      [state](net::io_thread&, std::shared_ptr<net::http_session> x) {
        auto owner = std::make_unique<migration_session>(state, x);
        x->start(std::move(owner));
      });
  listener->open();
  thread->start();
  state_ = std::move(state);
  thread_ = std::move(thread);
  listener_ = std::move(listener);
  std::string addresses;
  for (const auto& where : listener_->bound())
    addresses += (addresses.empty() ? "" : ", ") + to_string(where);
  log::info("converting the store {}; until that is done, only /livez and "
            "/readyz are answered on {}",
            versions, addresses);
}

std::shared_ptr<net::listener::sockets> migration_server::stop() {
  if (!thread_)
    return nullptr;
  std::promise<std::shared_ptr<net::listener::sockets>> released;
  thread_->post([&] {
    try {
      auto sockets = listener_->release();
      end_all(*state_);
      released.set_value(std::move(sockets));
    } catch (...) {
      released.set_exception(std::current_exception());
    }
  });
  auto out = released.get_future().get();
  wait_until(abandon_timeout, [this] { return thread_->connections == 0; });
  thread_->stop();
  listener_.reset();
  // Those that have not ended must not keep each other alive.
  state_->connections.clear();
  state_.reset();
  thread_.reset();
  return out;
}

} // namespace bridgekeeper::app
