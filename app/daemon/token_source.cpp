#include "app/daemon/token_source.hpp"

#include <spdlog/spdlog.h>

#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <utility>
#include <vector>

namespace bridgekeeper::app {

token_source::token_source(const config::auth_section& section,
                           std::optional<std::string> made)
  : section_(section), made_(std::move(made)) {}

std::shared_ptr<const actors::token_table> token_source::load() {
  auto tokens = section_.tokens;
  if (made_)
    tokens.push_back(*made_);
  seen_ = look();
  if (section_.token_file) {
    std::ifstream in{*section_.token_file};
    // A directory can be opened, and fails only when it is read.
    in.peek();
    if (!in)
      spdlog::error("cannot read the token file {}: its tokens do not count; "
                    "it is read as soon as it can be",
                    *section_.token_file);
    std::string text;
    if (in)
      text.assign(std::istreambuf_iterator<char>{in}, {});
    for (auto& token : actors::parse_token_file(text))
      tokens.push_back(std::move(token));
  }
  return std::make_shared<const actors::token_table>(tokens);
}

bool token_source::changed() const {
  return section_.token_file && look() != seen_;
}

std::optional<token_source::fingerprint> token_source::look() const {
  struct stat info {};
  if (!section_.token_file || stat(section_.token_file->c_str(), &info) != 0)
    return std::nullopt;
  auto nanoseconds = info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec;
  return fingerprint{info.st_size, nanoseconds, info.st_ino};
}

} // namespace bridgekeeper::app
