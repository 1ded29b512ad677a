#pragma once

#include "actors/fake_websocket.hpp"
#include "net/http_session.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::test {

/// A request as a test writes it. Header names are in lower case.
struct fake_request : net::http_request {
  std::string verb = "GET";
  std::string path;
  std::string text;
  std::map<std::string, std::string, std::less<>> headers;
  bool upgrade = false;
  std::string ip = "192.0.2.1";

  [[nodiscard]] std::string_view method() const override;
  [[nodiscard]] std::string_view target() const override;
  [[nodiscard]] std::string_view body() const override;
  [[nodiscard]] std::string_view header(std::string_view name) const override;
  [[nodiscard]] std::size_t header_count(std::string_view name) const override;
  [[nodiscard]] std::string header_list(std::string_view name) const override;
  [[nodiscard]] bool is_websocket_upgrade() const override;
  [[nodiscard]] const std::string& peer_ip() const override;
};

/// An HTTP connection without a socket. Keeps to the promises of
/// `net::http_session`.
class fake_http : public net::http_session {
public:
  explicit fake_http(const net::deadline_queue& clock) : clock_(clock) {}

  // -- what the test sees -----------------------------------------------------

  std::vector<net::http_response> answers;
  /// Answers to no request, and streams begun twice: none may ever be.
  std::size_t stray_answers = 0;
  bool streaming = false;
  /// What was written to the stream since this was cleared last.
  std::string stream;
  bool abandoned = false;
  /// Whether the stream was completed.
  bool is_stream_over = false;
  /// How many parts the last answer in parts had, and the largest of them.
  std::size_t parts = 0;
  std::size_t largest_part = 0;
  /// What waits for the stream's reader outside the session.
  std::size_t backlog = 0;
  /// Set by an upgrade.
  std::shared_ptr<fake_websocket> websocket;
  net::websocket_options websocket_options;

  [[nodiscard]] bool owned() const noexcept {
    return owner_ != nullptr;
  }

  /// Whether a request waits for its answer.
  [[nodiscard]] bool waiting() const noexcept {
    return request_ != nullptr;
  }

  // -- what the test does -----------------------------------------------------

  void peer_asks(fake_request request);

  /// Whether the owner would look at the request's body.
  [[nodiscard]] bool wants_body(const fake_request& request);

  /// The stream's reader is behind: `write_stream` refuses.
  bool full = false;

  /// After this many pieces of text the reader is behind.
  std::optional<std::size_t> room_for;

  /// Its reader takes nothing of answers in parts until this is cleared.
  bool parts_wait = false;

  /// The reader takes the answer that waits.
  void reader_takes_parts();

  /// The reader has caught up.
  void reader_catches_up();

  /// The peer ends the connection.
  void peer_leaves();

  /// The session ends for another reason.
  void end(const net::session_end& end);

  /// Lets go of what was abandoned. Whether there was anything.
  bool settle();

  // -- net::http_session ------------------------------------------------------

  void start(std::unique_ptr<net::http_owner> owner) override;
  /// Whether the connection stays when others need its place.
  bool keeps_place = false;

  void keep_place() override {
    keeps_place = true;
  }

  void share_place(net::connection_ledger::place&) override {}

  void keep_request() override {
    is_kept_ = true;
  }

  void repeat_request() override;
  void respond(net::http_response response) override;
  void begin_stream(net::http_response response) override;
  void respond_in_parts(net::http_response response,
                        net::part_source next) override;
  [[nodiscard]] bool write_stream(net::stream_text text) override;
  void end_stream() override;
  void note_backlog(std::size_t bytes) override;
  [[nodiscard]] std::shared_ptr<net::websocket_session>
  upgrade(const net::websocket_options& options) override;
  void abandon() override;

private:
  const net::deadline_queue& clock_;
  std::unique_ptr<fake_request> request_;
  bool is_kept_ = false;
  bool refused_ = false;
  net::part_source waiting_parts_;
  std::unique_ptr<net::http_owner> owner_;
  std::unique_ptr<net::http_owner> deferred_owner_;
};

} // namespace bridgekeeper::test
