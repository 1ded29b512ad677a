#include "store/power/disk_journal.hpp"

#include <fstream>
#include <stdexcept>
#include <utility>

namespace bridgekeeper::test {

namespace {

/// As in disk_recorder.c.
struct record {
  disk_call::kind what;
  std::uint32_t size;
  std::uint64_t file;
  std::uint64_t at;
};

} // namespace

std::vector<disk_call> read_journal(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::vector<disk_call> out;
  record head{};
  while (in.read(reinterpret_cast<char*>(&head), sizeof head)) {
    disk_call x{head.what, head.file, head.at, std::string(head.size, '\0')};
    if (!in.read(x.data.data(), head.size))
      throw std::runtime_error{"the journal " + path + " is cut off"};
    out.push_back(std::move(x));
  }
  if (out.empty())
    throw std::runtime_error{"the journal " + path
                             + " is empty; was the recorder loaded?"};
  return out;
}

} // namespace bridgekeeper::test
