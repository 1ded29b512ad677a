#pragma once

#include <cstddef>
#include <string>

namespace bridgekeeper::app {

/// A mistake in one line of a file; line 0 means the file as a whole.
struct file_error {
  std::size_t line;
  std::string text;
};

} // namespace bridgekeeper::app
