#pragma once

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <unistd.h>

namespace bridgekeeper::app {

/// A file with the given text, for as long as the object lives.
class scratch_file {
public:
  explicit scratch_file(std::string_view text) {
    path_ = std::filesystem::temp_directory_path() / "bridgekeeper-XXXXXX";
    auto handle = ::mkstemp(path_.data());
    if (handle < 0)
      throw std::runtime_error("cannot make a scratch file");
    ::close(handle);
    std::ofstream{path_} << text;
  }

  scratch_file(const scratch_file&) = delete;

  scratch_file& operator=(const scratch_file&) = delete;

  ~scratch_file() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

  [[nodiscard]] const std::string& path() const noexcept {
    return path_;
  }

private:
  std::string path_;
};

/// Collects what is written to a standard stream while the object lives.
class captured_stream {
public:
  explicit captured_stream(std::ostream& stream)
    : stream_(stream), previous_(stream.rdbuf(text_.rdbuf())) {}

  captured_stream(const captured_stream&) = delete;

  captured_stream& operator=(const captured_stream&) = delete;

  ~captured_stream() {
    stream_.rdbuf(previous_);
  }

  [[nodiscard]] std::string text() const {
    return text_.str();
  }

private:
  std::ostringstream text_;
  std::ostream& stream_;
  std::streambuf* previous_;
};

} // namespace bridgekeeper::app
