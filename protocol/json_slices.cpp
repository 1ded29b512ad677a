#include "protocol/json_slices.hpp"

#include "domain/utf8.hpp"
#include "protocol/json_writer.hpp"

#include <algorithm>
#include <limits>

namespace bridgekeeper::protocol {

std::optional<std::string> json_slices::next(std::size_t size) {
  if (at_ == pieces_.size())
    return std::nullopt;
  std::string out;
  while (at_ < pieces_.size() && out.size() < size) {
    if (auto text = std::get_if<std::string>(&pieces_[at_])) {
      if (out.empty())
        out = std::move(*text);
      else
        out += *text;
      ++at_;
    } else {
      // At least four bytes, so that a whole UTF-8 character always fits.
      escape_some(out, std::get<std::string_view>(pieces_[at_]),
                  std::max<std::size_t>(size - out.size(), 4));
    }
  }
  if (at_ == pieces_.size())
    keep_.reset();
  return out;
}

void json_slices::escape_some(std::string& out, std::string_view text,
                              std::size_t size) {
  auto length = cut_utf8(text.substr(done_), size).size();
  auto start = out.size();
  append_json_string(out, text.substr(done_, length));
  // Every part is escaped with quotes, but only the first and the last part
  // keep theirs.
  if (done_ > 0)
    out.erase(start, 1);
  done_ += length;
  if (done_ < text.size()) {
    out.pop_back();
    return;
  }
  done_ = 0;
  ++at_;
}

std::string json_slices::rest() {
  return next(std::numeric_limits<std::size_t>::max()).value_or("");
}

} // namespace bridgekeeper::protocol
