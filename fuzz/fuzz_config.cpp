// Configuration files: whatever they say, the reader says what is wrong, or
// what it has understood can be written down and understood again.

#include "app/config/config_file.hpp"
#include "app/config/effective_config.hpp"
#include "app/config/load_config.hpp"

#include <cstddef>
#include <cstdint>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/expect.hpp"

using namespace bridgekeeper;
using namespace bridgekeeper::app;
using bridgekeeper::fuzz::expect;

namespace {

/// A file in memory that has a path.
class memory_file {
public:
  explicit memory_file(std::string_view text)
    : descriptor_(::memfd_create("config", MFD_CLOEXEC)) {
    auto size = static_cast<ssize_t>(text.size());
    expect(::write(descriptor_, text.data(), text.size()) == size,
           "there is memory for a file");
  }

  memory_file(const memory_file&) = delete;
  memory_file& operator=(const memory_file&) = delete;

  ~memory_file() {
    ::close(descriptor_);
  }

  [[nodiscard]] std::string path() const {
    return "/proc/self/fd/" + std::to_string(descriptor_);
  }

private:
  int descriptor_;
};

load_outcome load(std::string_view text) {
  memory_file file{text};
  config_sources sources;
  sources.file = file.path();
  return load_config(sources);
}

/// Without the comments: where values come from, and how many secrets there
/// are.
std::string settings_in(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    auto line = text.substr(i, text.find('\n', i) - i);
    i += line.size() + 1;
    if (!line.starts_with('#'))
      out += line.substr(0, line.rfind(" # ")) + '\n';
  }
  return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  auto first = load(text);
  if (!first.ok()) {
    expect(!error_text(first).empty(), "an error has a text");
    return 0;
  }
  auto written = effective_config(first);
  auto second = load(written);
  expect(second.ok(), "the effective configuration can be used");
  expect(settings_in(effective_config(second)) == settings_in(written),
         "the effective configuration has the same effect");
  return 0;
}
