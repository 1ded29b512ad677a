#include "app/bridge/kept_results.hpp"

#include "app/text/utf8_text.hpp"
#include "log/log_line.hpp"
#include "protocol/codec.hpp"

#include <algorithm>
#include <utility>

namespace bridgekeeper::app {

kept_results::kept_results(std::unique_ptr<result_files> files)
  : files_(std::move(files)) {
  if (!files_)
    return;
  for (auto& x : files_->load())
    results_.push_back({std::move(x.message), std::move(x.frame)});
}

void kept_results::add(const response& x) {
  auto frame = protocol::encode(x);
  if (files_)
    if (auto problem = files_->save(x.message, frame); !problem.empty())
      log::error("{}. The result of task {} is kept in memory only.", problem,
                 printable(x.message.str()));
  results_.push_back({x.message, std::move(frame)});
}

bool kept_results::send_rest(
    const std::function<bool(const std::string&)>& send) {
  for (auto& x : results_) {
    if (x.sent)
      continue;
    if (!send(x.frame))
      return false;
    x.sent = true;
  }
  return true;
}

bool kept_results::send_again(const message_id& id) {
  auto found = std::find_if(results_.begin(), results_.end(),
                            [&](const kept& x) { return x.message == id; });
  if (found == results_.end())
    return false;
  found->sent = false;
  return true;
}

void kept_results::send_all_again() {
  for (auto& x : results_)
    x.sent = false;
}

bool kept_results::drop(const message_id& id) {
  if (std::erase_if(results_, [&](const kept& x) { return x.message == id; })
      == 0)
    return false;
  remove_file(id);
  return true;
}

std::vector<message_id> kept_results::drop_sent() {
  std::vector<message_id> out;
  for (const auto& x : results_)
    if (x.sent)
      out.push_back(x.message);
  std::erase_if(results_, [](const kept& x) { return x.sent; });
  for (const auto& id : out)
    remove_file(id);
  return out;
}

std::vector<message_id> kept_results::ids() const {
  std::vector<message_id> out;
  for (const auto& x : results_)
    out.push_back(x.message);
  return out;
}

void kept_results::remove_file(const message_id& id) {
  if (files_)
    files_->remove(id);
}

} // namespace bridgekeeper::app
