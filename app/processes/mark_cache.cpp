#include "app/processes/mark_cache.hpp"

#include <utility>

namespace bridgekeeper::app {

mark_cache::mark_cache(reader read) : read_(std::move(read)) {}

const std::string& mark_cache::mark_of(const process_key& process,
                                       std::uint64_t now) {
  auto& x = marks_[process];
  if (x.is_final)
    return x.mark;
  x.mark = read_(process.pid);
  x.is_final = !x.mark.empty() || now >= process.start + settled_age;
  return x.mark;
}

void mark_cache::keep_only(const process_table& table) {
  std::erase_if(marks_, [&](const auto& x) {
    auto found = table.find(x.first.pid);
    return found == nullptr || found->key != x.first;
  });
}

} // namespace bridgekeeper::app
