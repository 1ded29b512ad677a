#include "net/close_code_watch.hpp"

#include <boost/beast/websocket/detail/utf8_checker.hpp>

#include <algorithm>
#include <utility>

namespace bridgekeeper::net {

namespace {

constexpr std::uint16_t protocol_error = 1002;
constexpr std::uint16_t bad_gateway = 1014;
constexpr std::uint16_t first_unused = 5000;

/// Longest payload of a control frame (RFC 6455, 5.5).
constexpr std::uint64_t longest_control = 125;

std::uint16_t code_at(std::string_view bytes, std::size_t place) {
  auto high = static_cast<unsigned char>(bytes[place]);
  auto low = static_cast<unsigned char>(bytes[place + 1]);
  return static_cast<std::uint16_t>(high * 256U + low);
}

void put_code(std::string& bytes, std::size_t place, std::uint16_t code) {
  bytes[place] = static_cast<char>(code >> 8U);
  bytes[place + 1] = static_cast<char>(code & 0xFFU);
}

bool is_utf8(std::string_view text) {
  return text.empty()
         || boost::beast::websocket::detail::check_utf8(text.data(),
                                                        text.size());
}

/// The length of the prefix of `bytes` that needs no closer look: complete
/// masked frames of less than 64 KiB, except close frames.
std::size_t ordinary_frames(std::string_view bytes) {
  constexpr std::size_t mask = 4;
  constexpr std::size_t is_extended = 126;
  std::size_t out = 0;
  while (bytes.size() - out >= 4) {
    auto opcode = static_cast<unsigned char>(bytes[out]) & 0xFU;
    std::size_t length = static_cast<unsigned char>(bytes[out + 1]) ^ 0x80U;
    std::size_t head = 2;
    if (length == is_extended) {
      length = code_at(bytes, out + 2);
      head = 4;
    } else if (length > is_extended) {
      break;
    }
    auto size = head + mask + length;
    if (opcode == 0x8 || bytes.size() - out < size)
      break;
    out += size;
  }
  return out;
}

} // namespace

bool may_be_sent(std::uint16_t close_code) noexcept {
  switch (close_code) {
  case 1004:
  case 1005:
  case 1006:
  case 1015:
    return false;
  default:
    return (close_code >= 1000 && close_code <= 1014)
           || (close_code >= 3000 && close_code < first_unused);
  }
}

void close_code_watch::on_received(std::string_view bytes) {
  // Fast path: nearly every read contains only complete frames.
  if (part_ == part::head && read_ == 0 && !close_)
    bytes.remove_prefix(ordinary_frames(bytes));
  while (!bytes.empty() && !close_) {
    auto size = static_cast<std::size_t>(
        std::min<std::uint64_t>(missing_, bytes.size()));
    if (part_ != part::payload)
      for (std::size_t i = 0; i < size; ++i)
        bytes_[read_++] = static_cast<std::uint8_t>(bytes[i]);
    else if (is_close() && length_ <= longest_control)
      payload_->append(bytes.substr(0, size));
    bytes.remove_prefix(size);
    missing_ -= size;
    if (missing_ == 0)
      on_part_read();
  }
}

void close_code_watch::begin(part next, std::uint64_t size) noexcept {
  part_ = next;
  missing_ = size;
  read_ = 0;
}

void close_code_watch::on_part_read() {
  switch (part_) {
  case part::head:
    opcode_ = bytes_[0] & 0xFU;
    masked_ = (bytes_[1] & 0x80U) != 0;
    length_ = bytes_[1] & 0x7FU;
    if (length_ > longest_control) {
      begin(part::length, length_ == 126 ? 2 : 8);
      return;
    }
    break;
  case part::length:
    length_ = 0;
    for (std::size_t i = 0; i < read_; ++i)
      length_ = length_ << 8U | bytes_[i];
    break;
  case part::mask:
    std::copy_n(bytes_.begin(), mask_.size(), mask_.begin());
    masked_ = false;
    break;
  case part::payload:
    return on_frame_read();
  }
  if (masked_)
    return begin(part::mask, mask_.size());
  if (is_close())
    payload_ = std::make_unique<std::string>();
  begin(part::payload, length_);
  if (length_ == 0)
    on_frame_read();
}

void close_code_watch::on_frame_read() {
  if (is_close() && length_ <= longest_control) {
    auto text = std::move(*payload_);
    for (std::size_t i = 0; i < text.size(); ++i)
      text[i] = static_cast<char>(static_cast<std::uint8_t>(text[i])
                                  ^ mask_[i % mask_.size()]);
    auto said = std::make_unique<peer_close>();
    if (text.size() >= 2) {
      said->code = code_at(text, 0);
      said->reason = text.substr(2);
    }
    close_ = std::move(said);
  }
  payload_.reset();
  mask_ = {};
  begin(part::head, 2);
}

void close_code_watch::correct_answer(std::string& frame) const {
  // The frame header and a code without a reason, as in Beast's replies.
  constexpr std::size_t answer_size = 4;
  constexpr std::size_t code_place = 2;
  if (!close_ || frame.size() != answer_size)
    return;
  auto answered = code_at(frame, code_place);
  if (close_->code == bad_gateway && answered == protocol_error
      && is_utf8(close_->reason))
    put_code(frame, code_place, bad_gateway);
  else if (close_->code >= first_unused && answered == close_->code)
    put_code(frame, code_place, protocol_error);
}

} // namespace bridgekeeper::net
