#include "app/daemon/token_source.hpp"

#include "app/tokens/token_mask.hpp"

#include <spdlog/spdlog.h>

#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <utility>

namespace bridgekeeper::app {

namespace {

std::optional<std::tuple<std::int64_t, std::int64_t, std::uint64_t>>
look_at(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0)
    return std::nullopt;
  auto nanoseconds = info.st_ctim.tv_sec * 1'000'000'000 + info.st_ctim.tv_nsec;
  return std::tuple{std::int64_t{info.st_size}, std::int64_t{nanoseconds},
                    std::uint64_t{info.st_ino}};
}

} // namespace

token_source::token_source(const config& values,
                           std::optional<std::string> made)
  : section_(values.auth), scoped_path_(scoped_token_path(values)),
    missing_(meaning_of_missing(values)), made_(std::move(made)) {}

token_source::outcome token_source::load() {
  loaded_ = look();
  if (loaded_.front())
    missing_ = missing_tokens::unknown;
  auto file = read_scoped_tokens(scoped_path_, missing_);
  if (file.errors.empty())
    scoped_ = std::move(file.grants);
  return {std::make_shared<const actors::token_table>(read_plain(), scoped_),
          std::move(file.errors)};
}

std::vector<std::string> token_source::read_plain() const {
  auto out = section_.tokens;
  if (made_)
    out.push_back(*made_);
  if (!section_.token_file)
    return out;
  std::ifstream in{*section_.token_file};
  // A directory can be opened, and fails only when it is read.
  in.peek();
  if (!in)
    spdlog::error("cannot read the token file {}: its tokens do not count; "
                  "it is read as soon as it can be",
                  mask_tokens(*section_.token_file));
  std::string text;
  if (in)
    text.assign(std::istreambuf_iterator<char>{in}, {});
  for (auto& token : actors::parse_token_file(text))
    out.push_back(std::move(token));
  return out;
}

void token_source::change(const config& values,
                          std::optional<std::string> made) {
  section_ = values.auth;
  auto path = scoped_token_path(values);
  if (path != scoped_path_ || values.auth.scoped_token_file)
    missing_ = meaning_of_missing(values);
  scoped_path_ = std::move(path);
  made_ = std::move(made);
}

bool token_source::changed() {
  auto now = look();
  auto settled = now == seen_;
  seen_ = std::move(now);
  return settled && seen_ != loaded_;
}

token_source::sight token_source::look() const {
  sight out{look_at(scoped_path_.string())};
  if (section_.token_file)
    out.push_back(look_at(*section_.token_file));
  return out;
}

} // namespace bridgekeeper::app
