#include "app/log/log_format.hpp"

#include "app/text/utf8_text.hpp"
#include "domain/timestamp.hpp"
#include "log/log_line.hpp"
#include "protocol/json_writer.hpp"

#include <spdlog/pattern_formatter.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

namespace {

std::string_view view(spdlog::string_view_t x) noexcept {
  return {x.data(), x.size()};
}

class json_format final : public spdlog::formatter {
public:
  void format(const spdlog::details::log_msg& x,
              spdlog::memory_buf_t& out) override {
    auto time = std::chrono::floor<std::chrono::microseconds>(x.time);
    auto parsed = log::parse_line(x);
    protocol::json_writer json;
    json.string("time", to_iso8601(time))
        .string("level", view(spdlog::level::to_string_view(x.level)))
        .string("logger", view(x.logger_name))
        .string("message", parsed.text);
    for (const auto& field : parsed.fields())
      field.is_number ? json.raw(field.name, field.value)
                      : json.string(field.name, field.value);
    auto line = printable_json(json.finish());
    line += '\n';
    out.append(line.data(), line.data() + line.size());
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<json_format>();
  }
};

/// The message (`%*` of the pattern) and its fields, with control characters
/// escaped.
class safe_message final : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& x, const std::tm&,
              spdlog::memory_buf_t& out) override {
    auto parsed = log::parse_line(x);
    append(out, parsed.text);
    auto fields = parsed.fields();
    for (std::size_t i = 0; i < fields.size(); ++i) {
      append(out, i == 0 ? " [" : " ");
      append(out, fields[i].name);
      append(out, "=");
      append_value(out, fields[i].value);
    }
    if (!fields.empty())
      append(out, "]");
  }

  std::unique_ptr<spdlog::custom_flag_formatter> clone() const override {
    return std::make_unique<safe_message>();
  }

private:
  static void append(spdlog::memory_buf_t& out, std::string_view text) {
    while (!text.empty()) {
      auto control = control_at(text);
      auto bytes = text.substr(0, std::max<std::size_t>(control.length, 1));
      if (control.is_bidi)
        append(out, escaped(control.code));
      else if (control.length > 0)
        for (auto c : bytes)
          append(out, fmt::format("\\x{:02x}", static_cast<unsigned char>(c)));
      else
        out.push_back(text[0]);
      text.remove_prefix(bytes.size());
    }
  }

  /// Appends a value, in quotes if it could be mistaken for anything other than
  /// one value.
  static void append_value(spdlog::memory_buf_t& out, std::string_view value) {
    auto is_plain = [](unsigned char c) {
      return std::isalnum(c) != 0
             || std::string_view{"-_.:/"}.find(static_cast<char>(c))
                    != std::string_view::npos;
    };
    if (std::all_of(value.begin(), value.end(), is_plain))
      return append(out, value);
    std::string quoted;
    protocol::append_json_string(quoted, value);
    append(out, quoted);
  }
};

} // namespace

std::unique_ptr<spdlog::formatter> make_json_format() {
  return std::make_unique<json_format>();
}

std::unique_ptr<spdlog::formatter> make_text_format() {
  auto out = std::make_unique<spdlog::pattern_formatter>();
  out->add_flag<safe_message>('*').set_pattern("%H:%M:%S.%e %^%l%$ %n: %*");
  return out;
}

} // namespace bridgekeeper::app
