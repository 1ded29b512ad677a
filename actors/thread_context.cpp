#include "actors/thread_context.hpp"

#include <utility>

namespace bridgekeeper::actors {

namespace {

/// A resident may leave the list while it is visited.
template <class Visitor>
void for_each_resident(thread_context::resident_list& list, Visitor visit) {
  for (auto i = list.begin(); i != list.end();)
    visit(*i++);
}

} // namespace

void replace_core(thread_context& context, core_handles handles) {
  context.core = std::move(handles);
  auto tell = [](resident& x) { x.on_core_replaced(); };
  for_each_resident(context.agents, tell);
  for_each_resident(context.clients, tell);
}

void dismiss(thread_context::resident_list& residents, protocol::errc why) {
  for_each_resident(residents, [why](resident& x) { x.on_leave(why); });
}

} // namespace bridgekeeper::actors
