#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// A directory of its own, for as long as the object lives.
class scratch_directory {
public:
  scratch_directory() {
    auto name = (std::filesystem::temp_directory_path() / "bridgekeeper-XXXXXX")
                    .string();
    if (::mkdtemp(name.data()) == nullptr)
      throw std::runtime_error("cannot make a scratch directory");
    path_ = name;
  }

  scratch_directory(const scratch_directory&) = delete;

  scratch_directory& operator=(const scratch_directory&) = delete;

  ~scratch_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const noexcept {
    return path_;
  }

  void write(const std::string& name, std::string_view text) const {
    std::ofstream{path_ / name} << text;
  }

  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream in{path_ / name};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

private:
  std::filesystem::path path_;
};

} // namespace bridgekeeper::app
