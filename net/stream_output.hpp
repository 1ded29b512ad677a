#pragma once

// Private to this room: output that an HTTP session sends piece by piece.

#include "net/http_session.hpp"

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bridgekeeper::net {

/// The output pending for one peer, waiting and in flight. Small texts are
/// copied into one buffer; large ones that are shared with other peers are sent
/// without a copy. Counts its bytes; its user enforces the bounds. Lives on its
/// session's thread.
class stream_output {
public:
  using buffers = std::vector<boost::asio::const_buffer>;

  stream_output() = default;
  ~stream_output();
  stream_output(const stream_output&) = delete;
  stream_output& operator=(const stream_output&) = delete;

  /// Counts waiting shared texts in `ledger`, unless it is null.
  void count_in(std::shared_ptr<output_ledger> ledger) {
    ledger_ = std::move(ledger);
  }

  /// Appends bytes without chunk framing.
  void add_raw(std::string_view bytes);

  /// Appends a text, as a chunk (RFC 9112, 7.1) if the response is chunked.
  /// Empty texts are skipped, because an empty chunk would end the response.
  void add(const stream_text& text, bool chunked);

  /// Takes all waiting output into flight. Must not be called before the
  /// previous output is settled.
  [[nodiscard]] const buffers& start();

  /// The output in flight was written or never will be.
  void settle();

  /// Bytes that are waiting and not in flight.
  [[nodiscard]] std::size_t waiting() const noexcept {
    return waiting_.own + waiting_.shared;
  }

  /// Bytes waiting and in flight: those held only here, and those also held by
  /// others.
  [[nodiscard]] std::size_t own() const noexcept {
    return waiting_.own + under_way_.own;
  }

  [[nodiscard]] std::size_t shared() const noexcept {
    return waiting_.shared + under_way_.shared;
  }

private:
  /// Some copied bytes, then possibly a shared text.
  struct segment {
    std::string bytes;
    shared_text_ptr body;
  };

  struct batch {
    std::vector<segment> segments;
    std::size_t own = 0;
    std::size_t shared = 0;
  };

  /// The buffer to which the next copied bytes are appended.
  [[nodiscard]] std::string& tail();
  void release(batch& x);

  std::shared_ptr<output_ledger> ledger_;
  batch waiting_;
  batch under_way_;
  /// A used buffer, kept for reuse.
  std::string spare_;
  buffers buffers_;
};

} // namespace bridgekeeper::net
