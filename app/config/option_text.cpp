#include "app/config/option_text.hpp"

#include "app/text/overload.hpp"
#include "app/text/quantity.hpp"
#include "domain/limits.hpp"
#include "protocol/json_writer.hpp"

namespace bridgekeeper::app {

namespace {

std::string quote(std::string_view text) {
  std::string out;
  protocol::append_json_string(out, text);
  return out;
}

std::string join(const std::vector<std::string>& xs) {
  std::string out;
  for (const auto& x : xs)
    out.append(out.empty() ? "" : ",").append(x);
  return out;
}

std::string to_toml_list(const std::vector<std::string>& xs) {
  std::string out;
  for (const auto& x : xs)
    out += (out.empty() ? "" : ", ") + quote(x);
  return "[" + out + "]";
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
          [&](const limit_kind& k) {
            return "a whole number up to " + std::to_string(k.max)
                   + ", or 0 for off";
          },
          [&](const number_kind& k) {
            return "a number"
                   + range(format_number(k.min), format_number(k.max));
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
            return "one or more HOST:PORT or unix:PATH, such as "
                   "127.0.0.1:8000, [::1]:8000 or "
                   "unix:/run/bridgekeeper.sock";
          },
          [](const networks_kind&) -> std::string {
            return "addresses or networks, such as 127.0.0.1 or 10.0.0.0/8";
          },
          [](const origins_kind&) -> std::string {
            return "origins of web pages, such as https://panel.example.com "
                   "or http://localhost:5173, without a path";
          },
          [](const loopback_kind&) -> std::string {
            return "HOST:PORT on the loopback interface, such as "
                   "127.0.0.1:8001, "
                   "or off";
          },
          [](const tokens_kind&) {
            return "a list of tokens, none of them empty, longer than "
                   + std::to_string(max_token_length)
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
          [&](const limit_kind& k) {
            return std::to_string(k.at.read(values));
          },
          [&](const number_kind& k) {
            return format_number(k.at.read(values));
          },
          [&](const endpoints_kind& k) { return join(k.at.read(values)); },
          [&](const networks_kind& k) {
            const auto& xs = k.at.read(values);
            return xs.empty() ? std::string{"none"} : join(xs);
          },
          [&](const origins_kind& k) {
            const auto& xs = k.at.read(values);
            return xs.empty() ? std::string{"none"} : join(xs);
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
            return to_toml_list(k.at.read(values));
          },
          [&](const networks_kind& k) -> text {
            return to_toml_list(k.at.read(values));
          },
          [&](const origins_kind& k) -> text {
            return to_toml_list(k.at.read(values));
          },
          [](const tokens_kind&) -> text { return std::nullopt; },
          [&](const switch_kind&) -> text { return to_plain(x, values); },
          [&](const count_kind&) -> text { return to_plain(x, values); },
          [&](const limit_kind&) -> text { return to_plain(x, values); },
          [&](const number_kind&) -> text { return to_plain(x, values); },
          [&](const auto& k) -> text { return quote(k.at.read(values)); },
      },
      x.kind);
}

} // namespace bridgekeeper::app
