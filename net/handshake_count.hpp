#pragma once

// Private to this room.

#include "net/listener_counts.hpp"

#include <atomic>
#include <memory>
#include <utility>

namespace bridgekeeper::net {

/// Counts a TLS handshake when it is destroyed: as failed, unless it was
/// completed. Owned by what is called at the end of the handshake.
class handshake_count {
public:
  explicit handshake_count(std::shared_ptr<listener_counts> counts)
    : counts_(std::move(counts)) {}

  handshake_count(const handshake_count&) = delete;
  handshake_count& operator=(const handshake_count&) = delete;

  ~handshake_count() {
    auto& x = is_complete_ ? counts_->handshakes : counts_->failed_handshakes;
    x.fetch_add(1, std::memory_order_relaxed);
  }

  void complete() noexcept {
    is_complete_ = true;
  }

private:
  std::shared_ptr<listener_counts> counts_;
  bool is_complete_ = false;
};

} // namespace bridgekeeper::net
