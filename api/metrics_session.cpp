#include "api/metrics_session.hpp"

#include "api/control_answers.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace bridgekeeper::api {

namespace {

/// Not an actor: it sends no messages and owns nothing but its connection.
/// Belongs to its session, which it keeps alive; the session releases it when
/// the connection ends.
class metrics_session final : public net::http_owner, public thread_subscriber {
public:
  metrics_session(thread_context& context,
                  std::shared_ptr<net::http_session> session)
    : context_(context), session_(std::move(session)) {}

  // -- the session ------------------------------------------------------------

  void on_request(const net::http_request& x) override {
    ++context_.counts.http_requests;
    auto target = x.target();
    if (target.substr(0, target.find('?')) != "/metrics")
      return answer(error_answer({errc::unknown_route, {}}));
    if (x.method() != "GET" && x.method() != "HEAD") {
      auto refusal = error_answer({errc::method_not_allowed, {}});
      refusal.headers.emplace_back("allow", "GET, HEAD");
      return answer(std::move(refusal));
    }
    if (!context_.gather_metrics)
      return answer(error_answer({errc::unavailable, {}}));
    context_.gather_metrics(
        context_.index, [weak = std::weak_ptr{self_}](const std::string& text) {
          if (auto found = weak.lock())
            (*found)->answer(metrics_answer(text));
        });
  }

  [[nodiscard]] bool wants_body(const net::http_request&) override {
    return false;
  }

  void on_writable() override {}

  void on_end(const net::session_end&) override {}

  // -- the thread -------------------------------------------------------------

  void on_core_replaced() override {}

  void on_tokens_changed() override {}

  void on_leave(errc) override {
    // This object may end with the call.
    auto session = session_;
    session->abandon();
  }

private:
  void answer(net::http_response response) {
    context_.metrics.count_response(response.status);
    session_->respond(std::move(response));
  }

  thread_context& context_;
  std::shared_ptr<net::http_session> session_;
  /// Lets a text that comes late find out whether this object still exists.
  std::shared_ptr<metrics_session*> self_ =
      std::make_shared<metrics_session*>(this);
};

} // namespace

void serve_metrics(thread_context& context,
                   std::shared_ptr<net::http_session> session) {
  if (context.clients.dismissed)
    return session->abandon();
  auto owner = std::make_unique<metrics_session>(context, session);
  context.clients.push_back(*owner);
  session->start(std::move(owner));
}

} // namespace bridgekeeper::api
