#include "app/config/option_text.hpp"

#include "app/config/quantity.hpp"
#include "app/overload.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/limits.hpp"

namespace bridgekeeper::app {

namespace {

std::string quote(std::string_view text) {
  std::string out;
  protocol::append_json_string(out, text);
  return out;
}

} // namespace

std::string expectation(const option& x) {
  auto range = [](const std::string& min, const std::string& max) {
    return " from " + min + " to " + max;
  };
  return std::visit(
      overload{
          [](const switch_kind&) -> std::string { return "true or false"; },
          [&](const count_kind& k) {
            return "a whole number"
                   + range(std::to_string(k.min), std::to_string(k.max));
          },
          [&](const size_kind& k) {
            return "bytes" + range(format_size(k.min), format_size(k.max))
                   + ", such as 65536 or \"64KiB\"";
          },
          [&](const duration_kind& k) {
            return "seconds"
                   + range(format_seconds(k.min), format_seconds(k.max))
                   + ", such as 30, \"500ms\" or \"10m\"";
          },
          [](const choice_kind& k) {
            std::string out = "one of ";
            for (auto choice : k.choices)
              out.append(choice == k.choices.front() ? "" : ", ")
                  .append(choice);
            return out;
          },
          [](const path_kind&) -> std::string { return "a path"; },
          [](const optional_path_kind&) -> std::string { return "a path"; },
          [](const endpoints_kind&) -> std::string {
            return "one or more HOST:PORT, such as 127.0.0.1:8000 or "
                   "[::1]:8000";
          },
          [](const loopback_kind&) -> std::string {
            return "HOST:PORT on the loopback interface, such as "
                   "127.0.0.1:8001, "
                   "or off";
          },
          [](const tokens_kind&) {
            return "a list of tokens, none of them empty, longer than "
                   + std::to_string(protocol::max_token_length)
                   + " bytes or with control characters";
          },
      },
      x.kind);
}

std::string to_plain(const option& x, const config& values) {
  return std::visit(
      overload{
          [&](const switch_kind& k) -> std::string {
            return k.at.read(values) ? "true" : "false";
          },
          [&](const count_kind& k) {
            return std::to_string(k.at.read(values));
          },
          [&](const size_kind& k) { return format_size(k.at.read(values)); },
          [&](const duration_kind& k) {
            return format_seconds(k.at.read(values)) + "s";
          },
          [&](const optional_path_kind& k) {
            return k.at.read(values).value_or("none");
          },
          [&](const endpoints_kind& k) {
            std::string out;
            for (const auto& endpoint : k.at.read(values))
              out.append(out.empty() ? "" : ",").append(endpoint);
            return out;
          },
          [&](const tokens_kind& k) {
            auto n = k.at.read(values).size();
            return n == 0   ? std::string{"none"}
                   : n == 1 ? std::string{"1 token"}
                            : std::to_string(n) + " tokens";
          },
          [&](const auto& k) { return k.at.read(values); },
      },
      x.kind);
}

std::optional<std::string> to_toml(const option& x, const config& values) {
  using text = std::optional<std::string>;
  return std::visit(
      overload{
          [&](const size_kind& k) -> text {
            return quote(format_size(k.at.read(values)));
          },
          [&](const duration_kind& k) -> text {
            return format_seconds(k.at.read(values));
          },
          [&](const optional_path_kind& k) -> text {
            const auto& path = k.at.read(values);
            return path ? text{quote(*path)} : std::nullopt;
          },
          [&](const endpoints_kind& k) -> text {
            std::string out;
            for (const auto& endpoint : k.at.read(values))
              out += (out.empty() ? "" : ", ") + quote(endpoint);
            return "[" + out + "]";
          },
          [](const tokens_kind&) -> text { return std::nullopt; },
          [&](const switch_kind&) -> text { return to_plain(x, values); },
          [&](const count_kind&) -> text { return to_plain(x, values); },
          [&](const auto& k) -> text { return quote(k.at.read(values)); },
      },
      x.kind);
}

} // namespace bridgekeeper::app
