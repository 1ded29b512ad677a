#include "store/audit/audit_tail.hpp"

#include "domain/sha256.hpp"
#include "store/audit/audit_line.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>

namespace bridgekeeper::store {

namespace {

/// Removes the last line from the end of `text` and returns it without its
/// newline.
std::string_view take_last_line(std::string_view& text) {
  auto newline = text.rfind('\n');
  auto begin = newline == std::string_view::npos ? 0 : newline + 1;
  auto out = text.substr(begin);
  text = text.substr(0, begin == 0 ? 0 : begin - 1);
  return out;
}

} // namespace

audit_tail read_tail(std::string_view last_bytes) {
  audit_tail out;
  out.prev = chain_beginning();
  auto rest = last_bytes;
  out.unended = !rest.empty() && !rest.ends_with('\n');
  if (out.unended) {
    auto last = rest;
    auto piece = take_last_line(last);
    auto links = find_links(piece);
    if (!links || !is_genuine(*links)) {
      out.torn_bytes = piece.size();
      out.torn_hash = sha256_hex(piece);
      rest = last;
    }
  } else if (!rest.empty()) {
    rest.remove_suffix(1);
  }
  while (!rest.empty())
    if (auto links = find_links(take_last_line(rest))) {
      out.prev = links->hash;
      break;
    }
  return out;
}

audit_tail read_tail_of(const std::string& path) {
  errno = 0;
  std::ifstream in{path, std::ios::binary | std::ios::ate};
  if (!in) {
    if (errno == ENOENT)
      return read_tail({});
    throw std::system_error{errno, std::generic_category(), path};
  }
  auto size = static_cast<std::size_t>(in.tellg());
  auto wanted = size < max_audit_line ? size : max_audit_line;
  std::string bytes(wanted, '\0');
  in.seekg(static_cast<std::streamoff>(size - wanted));
  if (!in.read(bytes.data(), static_cast<std::streamsize>(wanted)))
    throw std::system_error{EIO, std::generic_category(), path};
  return read_tail(bytes);
}

} // namespace bridgekeeper::store
