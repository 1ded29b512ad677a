// Environment files, and /proc/PID/stat, where programs choose their own names:
// whatever they say, the reader says what is wrong, or variables come out that
// a process can be started with.

#include "app/processes/environment_file.hpp"
#include "app/processes/process_table.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/expect.hpp"

using namespace bridgekeeper;
using namespace bridgekeeper::app;
using bridgekeeper::fuzz::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  auto variables = parse_environment(text, "the file");
  if (!variables) {
    expect(to_string(variables.error()).starts_with("Line "),
           "an error names its line");
  } else {
    for (const auto& [name, value] : *variables) {
      expect(!name.empty() && name.find_first_of("= \n\t") == name.npos,
             "a name is a name");
      expect(value.find('\0') == value.npos, "a value is a C string");
    }
  }
  if (auto entry = parse_stat(text))
    expect(text.find('(') < text.rfind(')'), "a process has a name");
  return 0;
}
