#pragma once

#include "domain/messages.hpp"
#include "domain/result.hpp"
#include "domain/thread_metrics.hpp"

#include <variant>

namespace bridgekeeper::actors {

static_assert(
    std::variant_size_v<
        bridge_message> == static_cast<std::size_t>(frame_kind::drain) + 1,
    "each bridge message has its kind, in the same order");

/// The kind of a frame of a bridge, decoded.
[[nodiscard]] inline frame_kind
kind_of(const result<bridge_message>& x) noexcept {
  return x ? static_cast<frame_kind>(x->index()) : frame_kind::invalid;
}

} // namespace bridgekeeper::actors
