#include "app/daemon/file_watch.hpp"

#include <utility>

namespace bridgekeeper::app {

void file_watch::change_paths(std::vector<std::string> paths) {
  if (paths == paths_)
    return;
  paths_ = std::move(paths);
  loaded_.reset();
}

bool file_watch::is_due() {
  auto now = look();
  auto settled = now == seen_;
  seen_ = std::move(now);
  return settled && seen_ != loaded_;
}

void file_watch::begin() {
  begun_ = look();
  seen_ = begun_;
  loaded_.reset();
}

void file_watch::succeed() {
  loaded_ = begun_;
}

file_watch::stamps file_watch::look() const {
  stamps out;
  for (const auto& path : paths_)
    out.push_back(path.empty() ? std::nullopt : stamp_of(path));
  return out;
}

} // namespace bridgekeeper::app
