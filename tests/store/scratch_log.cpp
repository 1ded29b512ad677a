#include "store/scratch_log.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <stdlib.h>

namespace bridgekeeper::test {

scratch_log::scratch_log() {
  directory_ = std::filesystem::temp_directory_path() / "bridgekeeper-XXXXXX";
  if (::mkdtemp(directory_.data()) == nullptr)
    throw std::runtime_error("cannot make a scratch directory");
  path = directory_ + "/audit.log";
}

scratch_log::~scratch_log() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

store::audit_log scratch_log::open(std::uint64_t max_bytes,
                                   std::size_t backup_count) {
  return store::audit_log{{path, max_bytes, backup_count},
                          [this](const std::string& x) { told.push_back(x); }};
}

void scratch_log::write(int from, int to, std::uint64_t max_bytes,
                        std::size_t backup_count) {
  auto log = open(max_bytes, backup_count);
  for (auto i = from; i <= to; ++i)
    log.append(numbered(i));
}

std::string scratch_log::name(std::size_t backup) const {
  return backup == 0 ? path : path + "." + std::to_string(backup);
}

std::vector<std::string> scratch_log::lines(std::size_t backup) const {
  std::istringstream in{text(backup)};
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);)
    out.push_back(line);
  return out;
}

std::string scratch_log::text(std::size_t backup) const {
  std::ifstream in{name(backup), std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void scratch_log::overwrite(const std::string& text, std::size_t backup) const {
  std::ofstream{name(backup), std::ios::binary} << text;
}

store::audit_findings
scratch_log::verify(const std::vector<std::size_t>& backups) const {
  std::vector<std::string> files;
  for (auto backup : backups)
    files.push_back(name(backup));
  return store::verify_audit_files(files);
}

store::audit_entry numbered(int number) {
  store::audit_entry out;
  out.when = timestamp{std::chrono::seconds{1'800'000'000 + number}};
  out.event = "event_" + std::to_string(number);
  out.agent = "alpha";
  return out;
}

std::string verdict(const store::audit_findings& x) {
  if (!x.broken)
    return "whole";
  return std::to_string(x.broken->line) + ": " + x.broken->text;
}

} // namespace bridgekeeper::test
