#include "actors/thread_context.hpp"

#include <utility>

namespace bridgekeeper::actors {

namespace {

/// A resident may leave the list while it is visited.
template <class Visitor>
void for_each_resident(thread_context& context, Visitor visit) {
  for (auto i = context.residents.begin(); i != context.residents.end();)
    visit(*i++);
}

} // namespace

void replace_core(thread_context& context, core_handles handles) {
  context.core = std::move(handles);
  for_each_resident(context, [](resident& x) { x.on_core_replaced(); });
}

void dismiss_residents(thread_context& context, protocol::errc why) {
  for_each_resident(context, [why](resident& x) { x.on_leave(why); });
}

} // namespace bridgekeeper::actors
