#pragma once

#include "domain/limits.hpp"
#include "domain/messages.hpp"
#include "domain/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::protocol {

enum class json_kind : std::uint8_t {
  absent,
  null,
  boolean,
  number,
  string,
  array,
  object,
};

/// One member of a JSON object: a number, the characters of a string, or for
/// all other values the JSON text.
struct json_field {
  json_kind kind = json_kind::absent;
  double number = 0;
  std::string text;
};

/// The wanted members of one JSON object, read in a single pass without
/// building a tree. Other members are checked and skipped. If two members have
/// the same name, the last one applies, as in Python. Text nested deeper than
/// `max_depth` is rejected.
class json_fields {
public:
  static constexpr std::size_t capacity = 20;

  /// Parses `text`. `wanted` names at most `capacity` members and must outlive
  /// the result. Also accepts what Python's `json.dumps` writes beyond JSON
  /// (`NaN`, lone surrogates); see `lenient_json.hpp`.
  [[nodiscard]] static result<json_fields>
  parse(std::string_view text, std::span<const std::string_view> wanted,
        std::size_t max_depth = max_json_depth);

  /// The same using only the slower of the two parsers, which normally handles
  /// just the texts that the fast one rejects. Both give the same result for
  /// every text.
  [[nodiscard]] static result<json_fields>
  parse_slowly(std::string_view text, std::span<const std::string_view> wanted,
               std::size_t max_depth = max_json_depth);

  [[nodiscard]] bool has(std::string_view name) const noexcept {
    return find(name).kind != json_kind::absent;
  }

  [[nodiscard]] const json_field& find(std::string_view name) const noexcept;

  /// The characters of a string; empty if the member is absent or has another
  /// kind.
  [[nodiscard]] std::string_view text(std::string_view name) const noexcept {
    const auto& field = find(name);
    return field.kind == json_kind::string ? std::string_view{field.text}
                                           : std::string_view{};
  }

  // -- checked access: moves the value out, or says what was expected ---------

  /// A string of 1 to `limit` bytes.
  [[nodiscard]] result<std::string> take_required(std::string_view name,
                                                  std::size_t limit);

  /// A string of at most `limit` bytes; `""` if absent.
  [[nodiscard]] result<std::string> take_string(std::string_view name,
                                                std::size_t limit);

  /// A string of at most `limit` bytes, or nothing if null or absent.
  [[nodiscard]] result<std::optional<std::string>>
  take_nullable(std::string_view name, std::size_t limit);

  /// An object of at most `max_object_length` bytes of text; `{}` if absent.
  [[nodiscard]] result<json_object> take_object(std::string_view name);

  /// A list of at most `max_items` strings of at most `limit` bytes each.
  [[nodiscard]] result<std::vector<std::string>>
  take_strings(std::string_view name, std::size_t max_items, std::size_t limit);

  /// A finite number, or nothing if absent.
  [[nodiscard]] result<std::optional<double>>
  take_number(std::string_view name);

  /// `true` or `false`; false if absent.
  [[nodiscard]] result<bool> take_flag(std::string_view name);

private:
  friend class document_reader;
  friend class field_collector;

  /// The slot for the member with this name; null if it is not wanted.
  [[nodiscard]] json_field* slot(std::string_view name) noexcept;

  [[nodiscard]] json_field& get(std::string_view name) noexcept;

  std::span<const std::string_view> names_;
  std::array<json_field, capacity> fields_;
};

} // namespace bridgekeeper::protocol
