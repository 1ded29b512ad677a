#pragma once

// Private to this room: what an HTTP session writes piece by piece.

#include "net/http_session.hpp"

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bridgekeeper::net {

/// What waits to be written to one peer, and what of it is under way. Small
/// texts are copied together; large ones that are shared with other peers are
/// sent from where they are. Counts what it holds; its user bounds it. Lives on
/// its session's thread.
class stream_output {
public:
  using buffers = std::vector<boost::asio::const_buffer>;

  stream_output() = default;
  ~stream_output();
  stream_output(const stream_output&) = delete;
  stream_output& operator=(const stream_output&) = delete;

  /// Shared texts that wait are counted in all here, if this is set.
  void count_in(std::shared_ptr<output_ledger> ledger) {
    ledger_ = std::move(ledger);
  }

  /// Adds bytes as they are.
  void add_raw(std::string_view bytes);

  /// Adds a text, as a chunk (RFC 9112, 7.1) if the answer is chunked. One of
  /// no length is left out: as a chunk it would end the answer.
  void add(const stream_text& text, bool chunked);

  /// Takes all that waits under way; not before what was is settled.
  [[nodiscard]] const buffers& start();

  /// What was under way is written, or never will be.
  void settle();

  /// Bytes that wait and are not under way.
  [[nodiscard]] std::size_t waiting() const noexcept {
    return waiting_.own + waiting_.shared;
  }

  /// All bytes, under way or not: held here alone, and held by others as well.
  [[nodiscard]] std::size_t own() const noexcept {
    return waiting_.own + under_way_.own;
  }

  [[nodiscard]] std::size_t shared() const noexcept {
    return waiting_.shared + under_way_.shared;
  }

private:
  /// Bytes of our own, then perhaps a shared text.
  struct segment {
    std::string bytes;
    shared_text_ptr body;
  };

  struct batch {
    std::vector<segment> segments;
    std::size_t own = 0;
    std::size_t shared = 0;
  };

  /// Where the next bytes of our own go.
  [[nodiscard]] std::string& tail();
  void release(batch& x);

  std::shared_ptr<output_ledger> ledger_;
  batch waiting_;
  batch under_way_;
  /// Memory that was written from and may be used again.
  std::string spare_;
  buffers buffers_;
};

} // namespace bridgekeeper::net
