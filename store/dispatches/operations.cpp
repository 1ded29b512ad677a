#include "store/dispatches/operations.hpp"

#include <algorithm>
#include <type_traits>

namespace bridgekeeper::store {

namespace {

template <class T, class... Ts>
constexpr bool is_any_of = (std::is_same_v<T, Ts> || ...);

std::size_t size_of(const event_list& events) noexcept {
  std::size_t out = 0;
  for (const auto& x : events)
    out += footprint(*x);
  return out;
}

std::size_t size_of(const outcome_report& x) noexcept {
  return x.answer ? footprint(*x.answer) : 0;
}

} // namespace

urgency urgency_of(const operation& x) noexcept {
  return std::visit(
      []<class T>(const T& body) {
        if constexpr (std::is_same_v<T, record_events>)
          return urgency::prompt;
        else if constexpr (std::is_same_v<T, upsert_agent>)
          // An operator waits for the record of what he wants.
          return body.cordoned ? urgency::gated : urgency::lazy;
        else if constexpr (is_any_of<T, mark_accepted, mark_running,
                                     await_bridge>)
          return urgency::lazy;
        else
          return urgency::gated;
      },
      x.body);
}

bool is_refusable(const operation& x) noexcept {
  return std::visit(
      []<class T>(const T& body) {
        if constexpr (std::is_same_v<T, upsert_agent>)
          return body.cordoned.has_value();
        else
          return is_any_of<T, insert_dispatch, forget_agent, erase_dispatch,
                           erase_agent>;
      },
      x.body);
}

bool is_erasure(const operation& x) noexcept {
  return std::holds_alternative<erase_dispatch>(x.body)
         || std::holds_alternative<erase_agent>(x.body);
}

std::int64_t max_events(std::span<const operation> operations) noexcept {
  std::size_t out = 0;
  for (const auto& x : operations)
    out += std::visit(
        []<class T>(const T& body) -> std::size_t {
          if constexpr (requires { body.late_events; })
            return std::max(body.events.size(), body.late_events.size());
          else if constexpr (requires { body.events; })
            return body.events.size();
          else
            return 0;
        },
        x.body);
  return static_cast<std::int64_t>(out);
}

std::size_t footprint(const operation& x) noexcept {
  auto payload = std::visit(
      []<class T>(const T& body) -> std::size_t {
        std::size_t out = 0;
        if constexpr (std::is_same_v<T, insert_dispatch>)
          out = body.content.size() + body.context.size() + body.options.size();
        if constexpr (requires { body.report; })
          out += size_of(body.report);
        // The events of a result share its text.
        else if constexpr (requires { body.events; })
          out += size_of(body.events);
        return out;
      },
      x.body);
  return sizeof(operation) + payload;
}

} // namespace bridgekeeper::store
