#include "app/console/operators.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace bridgekeeper::console {

bool operators::add(const caf::node_id& node, const std::string& label) {
  std::lock_guard guard{mutex_};
  return labels_.emplace(node, label).second;
}

void operators::remove(const caf::node_id& node) {
  std::lock_guard guard{mutex_};
  labels_.erase(node);
}

std::string operators::label_of(const caf::node_id& node) const {
  std::lock_guard guard{mutex_};
  auto pos = labels_.find(node);
  return pos == labels_.end() ? std::string{} : pos->second;
}

operator_place::operator_place(std::shared_ptr<operators> all,
                               std::string label)
  : all_(std::move(all)), label_(std::move(label)) {}

operator_place::~operator_place() {
  if (node_)
    all_->remove(node_);
}

bool operator_place::take(std::string_view node) {
  if (node_)
    return true;
  auto id = read_node(node);
  if (!all_->add(id, label_))
    return false;
  node_ = std::move(id);
  return true;
}

caf::node_id read_node(std::string_view wire) {
  constexpr std::size_t kind_size = 8;
  constexpr std::size_t process_size = 4;
  caf::node_id::default_data::host_id_type host{};
  std::uint32_t process = 0;
  for (auto byte : wire.substr(kind_size, process_size))
    process = process << 8 | static_cast<unsigned char>(byte);
  auto rest = wire.substr(kind_size + process_size, host.size());
  std::transform(rest.begin(), rest.end(), host.begin(),
                 [](char c) { return static_cast<std::uint8_t>(c); });
  return caf::make_node_id(process, host);
}

} // namespace bridgekeeper::console
