#include "domain/trace_context.hpp"

#include <algorithm>

namespace bridgekeeper {

namespace {

// 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
constexpr std::size_t trace_id_at = 3;
constexpr std::size_t trace_id_length = 32;
constexpr std::size_t parent_id_at = 36;
constexpr std::size_t parent_id_length = 16;
constexpr std::size_t flags_at = 53;
constexpr std::size_t whole_length = 55;

bool is_hex(std::string_view x) noexcept {
  return std::all_of(x.begin(), x.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

bool is_id(std::string_view x) noexcept {
  return is_hex(x) && x.find_first_not_of('0') != std::string_view::npos;
}

bool is_valid_tracestate(std::string_view x) noexcept {
  return x.size() <= max_tracestate
         && std::all_of(x.begin(), x.end(), [](char c) {
              return (c >= ' ' && c <= '~') || c == '\t';
            });
}

} // namespace

bool is_valid_traceparent(std::string_view x) noexcept {
  if (x.size() < whole_length || x.size() > max_traceparent || x[2] != '-'
      || x[parent_id_at - 1] != '-' || x[flags_at - 1] != '-')
    return false;
  auto version = x.substr(0, 2);
  if (!is_hex(version) || version == "ff"
      || !is_id(x.substr(trace_id_at, trace_id_length))
      || !is_id(x.substr(parent_id_at, parent_id_length))
      || !is_hex(x.substr(flags_at, 2)))
    return false;
  if (x.size() == whole_length)
    return true;
  // Only later versions may have more. What it is, is unknown.
  return version != "00" && x[whole_length] == '-'
         && std::all_of(x.begin(), x.end(),
                        [](char c) { return c > ' ' && c <= '~'; });
}

trace_context make_trace_context(std::string_view parent,
                                 std::string_view state) {
  if (!is_valid_traceparent(parent))
    return {};
  return {std::string{parent},
          std::string{is_valid_tracestate(state) ? state : ""}};
}

std::string_view trace_id_of(std::string_view parent) noexcept {
  return parent.empty() ? parent : parent.substr(trace_id_at, trace_id_length);
}

} // namespace bridgekeeper
