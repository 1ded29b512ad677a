#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// A server-sent event (contract section 4). Unset fields are empty.
struct stream_event {
  std::string name;
  std::string data;
};

/// Takes a stream of server-sent events apart.
class event_stream_reader {
public:
  using event_handler = std::function<void(const stream_event&)>;

  /// Passes each event that is complete with `bytes`, the next part of the
  /// stream. The handler must not destroy this object.
  void add(std::string_view bytes, const event_handler& on_event);

  /// Forgets an incomplete event: another stream begins.
  void restart();

  /// The place of the last complete event that has one; empty if none has.
  [[nodiscard]] const std::string& last_id() const noexcept {
    return last_id_;
  }

private:
  void end_line(const event_handler& on_event);

  std::string line_;
  stream_event next_;
  std::string id_;
  std::string last_id_;
};

} // namespace bridgekeeper::app
