#include "app/log/log_format.hpp"

#include "protocol/json_writer.hpp"
#include "protocol/timestamp.hpp"

#include <spdlog/pattern_formatter.h>

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
    auto line =
        protocol::json_writer{}
            .string("time", protocol::to_iso8601(time))
            .string("level", view(spdlog::level::to_string_view(x.level)))
            .string("logger", view(x.logger_name))
            .string("message", view(x.payload))
            .finish();
    line += '\n';
    out.append(line.data(), line.data() + line.size());
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<json_format>();
  }
};

/// The message (`%*` of the pattern) without control characters.
class safe_message final : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& x, const std::tm&,
              spdlog::memory_buf_t& out) override {
    auto text = view(x.payload);
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (is_control(text.substr(i)))
        append_hex(out, static_cast<unsigned char>(text[i]));
      else
        out.push_back(text[i]);
    }
  }

  std::unique_ptr<spdlog::custom_flag_formatter> clone() const override {
    return std::make_unique<safe_message>();
  }

private:
  /// ASCII's control characters, and the first byte of those from U+0080 to
  /// U+009F, which terminals obey as well.
  static bool is_control(std::string_view rest) noexcept {
    auto byte = [&](std::size_t i) {
      return static_cast<unsigned char>(rest[i]);
    };
    return byte(0) < 0x20 || byte(0) == 0x7f
           || (byte(0) == 0xc2 && rest.size() > 1 && byte(1) < 0xa0);
  }

  static void append_hex(spdlog::memory_buf_t& out, unsigned char byte) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (auto c : {'\\', 'x', digits[byte >> 4], digits[byte & 0xf]})
      out.push_back(c);
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
