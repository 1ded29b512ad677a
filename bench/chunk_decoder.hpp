#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bridgekeeper::bench {

/// Takes the chunks of an HTTP/1.1 answer apart (RFC 9112, section 7.1).
class chunk_decoder {
public:
  /// Appends the content of `bytes` to `body`. Throws `std::runtime_error` on
  /// what is no chunk and on the last chunk: the streams read here never end.
  void decode(std::string_view bytes, std::string& body);

private:
  void take_size(char c);

  enum class state { size, extension, content, after_content };

  state state_ = state::size;
  std::size_t left_ = 0;
};

} // namespace bridgekeeper::bench
