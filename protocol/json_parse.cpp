#include "domain/limits.hpp"
#include "protocol/json_fields.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/lenient_json.hpp"

#include <nlohmann/json.hpp>

#include <simdjson.h>
#include <stdexcept>

// A text is parsed at most twice. simdjson, which is several times as fast as
// other parsers, reads what is valid. Texts that it rejects go to nlohmann's
// parser, which locates the error or accepts what only simdjson rejects.

namespace bridgekeeper::protocol {

using nlohmann::json;

/// Collects the wanted members of a document that simdjson has accepted.
/// Documents nested deeper than `max_json_depth` are left to the other parser.
class document_reader {
public:
  explicit document_reader(json_fields& out) : out_(out) {}

  /// Returns false if `text` is not an object, is invalid, or is nested too
  /// deeply.
  [[nodiscard]] bool read(std::string_view text) {
    // simdjson copies its input, and an empty text may have a null pointer.
    if (text.empty())
      return false;
    // A parser keeps its buffers, which grow with the frames, so one is not
    // used for large frames.
    thread_local simdjson::dom::parser parser{largest};
    auto done = read(text, parser);
    if (parser.capacity() > kept_capacity)
      parser = simdjson::dom::parser{largest};
    return done;
  }

private:
  static constexpr std::size_t kept_capacity = 64 * kibibyte;
  /// While parsing, simdjson uses a dozen times the memory of the text. Longer
  /// texts are rare enough to be parsed by the slower parser.
  static constexpr std::size_t largest = 1 * mebibyte;

  [[nodiscard]] bool read(std::string_view text,
                          simdjson::dom::parser& parser) {
    if (parser.max_depth() != max_json_depth
        && parser.allocate(kept_capacity, max_json_depth) != simdjson::SUCCESS)
      return false;
    simdjson::dom::object root;
    if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS)
      return false;
    for (auto member : root)
      if (auto slot = out_.slot(member.key))
        *slot = to_field(member.value);
    return true;
  }

  static json_field to_field(simdjson::dom::element x) {
    using type = simdjson::dom::element_type;
    switch (x.type()) {
    case type::STRING:
      return {json_kind::string, 0, std::string{x.get_string().value_unsafe()}};
    case type::OBJECT:
      return {json_kind::object, 0, simdjson::minify(x)};
    case type::ARRAY:
      return {json_kind::array, 0, simdjson::minify(x)};
    case type::BOOL:
      return {json_kind::boolean, 0, simdjson::minify(x)};
    case type::NULL_VALUE:
      return {json_kind::null, 0, "null"};
    default:
      return {json_kind::number, x.get_double().value_unsafe(), {}};
    }
  }

  json_fields& out_;
};

/// Receives the parser's events and collects the wanted members. Nested values
/// are serialized again as they are parsed.
class field_collector : public json::json_sax_t {
public:
  field_collector(json_fields& out, std::size_t max_depth)
    : out_(out), max_depth_(max_depth) {}

  std::string problem;

  // -- scalars ----------------------------------------------------------------

  bool null() override {
    return scalar(json_kind::null, "null");
  }

  bool boolean(bool x) override {
    return scalar(json_kind::boolean, x ? "true" : "false");
  }

  bool number_integer(json::number_integer_t x) override {
    return number(static_cast<double>(x), std::to_string(x));
  }

  bool number_unsigned(json::number_unsigned_t x) override {
    return number(static_cast<double>(x), std::to_string(x));
  }

  bool number_float(json::number_float_t x, const std::string& text) override {
    return number(x, text);
  }

  bool string(std::string& x) override {
    if (depth_ == 0)
      return not_an_object();
    if (depth_ == 1) {
      if (current_ != nullptr)
        *current_ = {json_kind::string, 0, std::move(x)};
      return true;
    }
    if (current_ != nullptr) {
      separate();
      append_json_string(current_->text, x);
    }
    return true;
  }

  bool binary(json::binary_t&) override {
    return false;
  }

  // -- containers -------------------------------------------------------------

  bool start_object(std::size_t) override {
    return open('{', json_kind::object);
  }

  bool start_array(std::size_t) override {
    return depth_ == 0 ? not_an_object() : open('[', json_kind::array);
  }

  bool end_object() override {
    return close('}');
  }

  bool end_array() override {
    return close(']');
  }

  bool key(std::string& name) override {
    if (depth_ == 1) {
      current_ = out_.slot(name);
      if (current_ != nullptr)
        *current_ = {};
    } else if (current_ != nullptr) {
      separate();
      append_json_string(current_->text, name);
      current_->text += ':';
      separate_ = false;
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    problem = "Invalid JSON: syntax error at byte " + std::to_string(position);
    return false;
  }

private:
  bool number(double x, std::string_view text) {
    if (depth_ != 1)
      return scalar(json_kind::number, text);
    if (current_ != nullptr)
      *current_ = {json_kind::number, x, {}};
    return true;
  }

  bool scalar(json_kind kind, std::string_view text) {
    if (depth_ == 0)
      return not_an_object();
    if (current_ == nullptr)
      return true;
    if (depth_ == 1) {
      current_->kind = kind;
    } else {
      separate();
    }
    current_->text += text;
    return true;
  }

  bool open(char bracket, json_kind kind) {
    if (++depth_ > max_depth_) {
      problem = "Invalid JSON: nested deeper than " + std::to_string(max_depth_)
                + " levels";
      return false;
    }
    if (depth_ > 1 && current_ != nullptr) {
      if (depth_ == 2)
        current_->kind = kind;
      else
        separate();
      current_->text += bracket;
      separate_ = false;
    }
    return true;
  }

  bool close(char bracket) {
    if (depth_ > 1 && current_ != nullptr) {
      current_->text += bracket;
      separate_ = true;
    }
    --depth_;
    return true;
  }

  bool not_an_object() {
    problem = "Invalid message format: expected a JSON object";
    return false;
  }

  /// Writes the comma between two values in the same container.
  void separate() {
    if (separate_)
      current_->text += ',';
    separate_ = true;
  }

  json_fields& out_;
  std::size_t max_depth_;
  json_field* current_ = nullptr;
  std::size_t depth_ = 0;
  bool separate_ = false;
};

/// Parses with nlohmann, which locates errors.
static result<json_fields> parse_with_diagnosis(std::string_view text,
                                                json_fields out,
                                                std::size_t max_depth) {
  // nlohmann would take a NUL for the end of the text and accept the part
  // before it.
  if (auto nul = text.find('\0'); nul != std::string_view::npos)
    return failure{errc::invalid_json, "Invalid JSON: syntax error at byte "
                                           + std::to_string(nul + 1)};
  field_collector collector{out, max_depth};
  if (json::sax_parse(text.data(), text.data() + text.size(), &collector))
    return out;
  auto code = collector.problem.starts_with("Invalid JSON")
                  ? errc::invalid_json
                  : errc::invalid_message;
  return failure{code, std::move(collector.problem)};
}

/// Handles texts that simdjson rejects.
static result<json_fields> parse_leniently(std::string_view text,
                                           const json_fields& empty,
                                           std::size_t max_depth) {
  auto verdict = parse_with_diagnosis(text, empty, max_depth);
  if (verdict || verdict.error().code != errc::invalid_json)
    return verdict;
  if (auto repaired = repair_python_json(text))
    if (auto second = parse_with_diagnosis(*repaired, empty, max_depth))
      return second;
  return verdict;
}

result<json_fields> json_fields::parse(std::string_view text,
                                       std::span<const std::string_view> wanted,
                                       std::size_t max_depth) {
  if (wanted.size() > capacity)
    throw std::length_error{"more members are wanted than json_fields holds"};
  // The only variable that is returned, so that NRVO avoids moving its strings.
  result<json_fields> out{boost::system::in_place_value};
  out->names_ = wanted;
  if (document_reader{*out}.read(text))
    return out;
  out = parse_slowly(text, wanted, max_depth);
  return out;
}

result<json_fields>
json_fields::parse_slowly(std::string_view text,
                          std::span<const std::string_view> wanted,
                          std::size_t max_depth) {
  json_fields empty;
  empty.names_ = wanted;
  return parse_leniently(text, empty, max_depth);
}

} // namespace bridgekeeper::protocol
