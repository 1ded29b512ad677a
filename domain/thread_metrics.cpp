#include "domain/thread_metrics.hpp"

namespace bridgekeeper {

std::string_view to_string(frame_kind x) noexcept {
  switch (x) {
  case frame_kind::registration:
    return "register";
  case frame_kind::registered:
    return "registered";
  case frame_kind::dispatch:
    return "dispatch";
  case frame_kind::progress:
    return "progress";
  case frame_kind::response:
    return "response";
  case frame_kind::heartbeat:
    return "heartbeat";
  case frame_kind::resume:
    return "resume";
  case frame_kind::accept:
    return "accept";
  case frame_kind::cancel:
    return "cancel";
  case frame_kind::ack:
    return "ack";
  case frame_kind::goaway:
    return "goaway";
  case frame_kind::drain:
    return "drain";
  case frame_kind::invalid:
    return "invalid";
  case frame_kind::control:
    return "control";
  }
  return "invalid";
}

} // namespace bridgekeeper
