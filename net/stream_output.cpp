#include "net/stream_output.hpp"

#include "net/http_text.hpp"
#include "net/output_ledger.hpp"

namespace bridgekeeper::net {

namespace {

/// A stream with no pending output keeps at most this much memory.
constexpr std::size_t kept_capacity = 4 * kibibyte;

} // namespace

stream_output::~stream_output() {
  release(under_way_);
  release(waiting_);
}

std::string& stream_output::tail() {
  auto& segments = waiting_.segments;
  if (segments.empty() || segments.back().body)
    segments.push_back({std::exchange(spare_, {}), nullptr});
  return segments.back().bytes;
}

void stream_output::add_raw(std::string_view bytes) {
  tail() += bytes;
  waiting_.own += bytes.size();
}

void stream_output::add(const stream_text& text, bool chunked) {
  if (text.size() == 0)
    return;
  auto& out = tail();
  auto before = out.size();
  if (chunked)
    append_chunk_head(out, text.size());
  out += text.head;
  auto* rest = &out;
  if (text.body && text.body->text.size() >= worth_sharing) {
    const auto& body = text.body;
    waiting_.segments.back().body = body;
    waiting_.shared += body->text.size();
    if (body->readers.enter() && ledger_)
      ledger_->add_shared(body->text.size());
    waiting_.own += out.size() - before;
    rest = &tail();
    before = 0;
  } else if (text.body) {
    out += text.body->text;
  }
  *rest += text.tail;
  if (chunked)
    *rest += "\r\n";
  waiting_.own += rest->size() - before;
}

const stream_output::buffers& stream_output::start() {
  std::swap(waiting_, under_way_);
  buffers_.clear();
  for (const auto& x : under_way_.segments) {
    buffers_.emplace_back(x.bytes.data(), x.bytes.size());
    if (x.body)
      buffers_.emplace_back(x.body->text.data(), x.body->text.size());
  }
  return buffers_;
}

void stream_output::settle() {
  release(under_way_);
}

void stream_output::release(batch& x) {
  for (const auto& each : x.segments)
    if (each.body && each.body->readers.leave() && ledger_)
      ledger_->remove_shared(each.body->text.size());
  // Reuse the first buffer, which is the only one unless texts are shared.
  if (!x.segments.empty()
      && x.segments.front().bytes.capacity() <= kept_capacity) {
    spare_ = std::move(x.segments.front().bytes);
    spare_.clear();
  }
  x.segments.clear();
  x.own = 0;
  x.shared = 0;
}

} // namespace bridgekeeper::net
