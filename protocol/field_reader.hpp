#pragma once

#include "domain/limits.hpp"
#include "domain/messages.hpp"
#include "domain/result.hpp"
#include "protocol/json_fields.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bridgekeeper::protocol {

/// Texts without a limit of their own are bounded by the frame size.
inline constexpr auto frame_bound = static_cast<std::size_t>(-1);

/// Takes fields in sequence and remembers the first failure, so that a message
/// can be read as a list of its fields.
class field_reader {
public:
  explicit field_reader(json_fields& fields) : fields_(fields) {}

  std::string required(std::string_view name, std::size_t limit) {
    return keep(fields_.take_required(name, limit));
  }

  std::string string(std::string_view name, std::size_t limit) {
    return keep(fields_.take_string(name, limit));
  }

  std::optional<std::string> nullable(std::string_view name,
                                      std::size_t limit) {
    return keep(fields_.take_nullable(name, limit));
  }

  json_object object(std::string_view name) {
    return keep(fields_.take_object(name));
  }

  std::vector<std::string> strings(std::string_view name) {
    return keep(fields_.take_strings(name, max_capabilities, max_label_length));
  }

  bool flag(std::string_view name) {
    return keep(fields_.take_flag(name));
  }

  std::optional<double> number(std::string_view name) {
    return keep(fields_.take_number(name));
  }

  /// The text of an object or a list; empty if absent.
  std::string nested(std::string_view name, json_kind kind,
                     std::string_view expected) {
    const auto& field = fields_.find(name);
    if (field.kind == kind)
      return field.text;
    if (field.kind != json_kind::absent)
      refuse(name, expected);
    return {};
  }

  /// Remembers that `name` is not what was expected, unless an earlier field
  /// has failed.
  void refuse(std::string_view name, std::string_view expected) {
    if (!problem_)
      problem_ = failure{errc::invalid_message,
                         "Invalid message format: " + std::string{name}
                             + ": expected " + std::string{expected},
                         name, "value_error"};
  }

  template <class Message>
  [[nodiscard]] result<bridge_message> finish(Message&& x) {
    if (problem_)
      return std::move(*problem_);
    return bridge_message{std::forward<Message>(x)};
  }

private:
  template <class T>
  T keep(result<T> x) {
    if (x)
      return std::move(*x);
    if (!problem_) {
      problem_ = std::move(x).error();
      problem_->detail = "Invalid message format: " + problem_->detail;
    }
    return T{};
  }

  json_fields& fields_;
  std::optional<failure> problem_;
};

} // namespace bridgekeeper::protocol
