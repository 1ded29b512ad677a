#include "protocol/response_remains.hpp"

#include "domain/limits.hpp"
#include "protocol/json_fields.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <string>
#include <tuple>
#include <utility>

namespace bridgekeeper::protocol {

namespace {

using nlohmann::json;

/// The relevant string members of the outermost object.
struct text_members {
  std::optional<std::string> type;
  std::optional<std::string> message;
  std::optional<std::string> agent;

  /// Null for other members.
  std::optional<std::string>* find(std::string_view name) {
    if (name == "type")
      return &type;
    if (name == "message_id")
      return &message;
    return name == "agent_id" ? &agent : nullptr;
  }
};

/// Collects them from the parser's events up to the first error. The nesting
/// depth of the rest does not matter: the parser keeps one bit per level.
class text_collector : public json::json_sax_t {
public:
  explicit text_collector(text_members& out) : out_(out) {}

  bool null() override {
    return other();
  }

  bool boolean(bool) override {
    return other();
  }

  bool number_integer(json::number_integer_t) override {
    return other();
  }

  bool number_unsigned(json::number_unsigned_t) override {
    return other();
  }

  bool number_float(json::number_float_t, const std::string&) override {
    return other();
  }

  bool string(std::string& x) override {
    if (depth_ == 1 && current_ != nullptr)
      *current_ = std::move(x);
    return depth_ > 0;
  }

  bool binary(json::binary_t&) override {
    return false;
  }

  bool start_object(std::size_t) override {
    return open();
  }

  bool start_array(std::size_t) override {
    return depth_ > 0 && open();
  }

  bool end_object() override {
    --depth_;
    return true;
  }

  bool end_array() override {
    --depth_;
    return true;
  }

  bool key(std::string& name) override {
    if (depth_ == 1)
      current_ = out_.find(name);
    return true;
  }

  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::detail::exception&) override {
    return false;
  }

private:
  /// If two members have the same name, the last one applies, as everywhere.
  bool other() {
    if (depth_ == 1 && current_ != nullptr)
      current_->reset();
    return depth_ > 0;
  }

  bool open() {
    auto outermost = depth_ == 0;
    if (!outermost)
      other();
    ++depth_;
    return true;
  }

  text_members& out_;
  std::optional<std::string>* current_ = nullptr;
  std::size_t depth_ = 0;
};

/// `usage`, if the frame is JSON that can be read.
json_object usage_of(std::string_view frame) {
  static constexpr std::array<std::string_view, 1> wanted{"usage"};
  auto fields = json_fields::parse(frame, wanted);
  if (!fields)
    return {};
  auto usage = fields->take_object("usage");
  return usage ? std::move(*usage) : json_object{};
}

} // namespace

std::optional<response_remains> find_response_remains(std::string_view frame) {
  text_members found;
  text_collector collector{found};
  std::ignore =
      json::sax_parse(frame.data(), frame.data() + frame.size(), &collector);
  if (found.type != response::type || !found.message || found.message->empty()
      || found.message->size() > max_label_length)
    return std::nullopt;
  response_remains out;
  out.message = message_id{std::move(*found.message)};
  if (found.agent && found.agent->size() <= max_label_length)
    out.agent = agent_id{std::move(*found.agent)};
  out.usage = usage_of(frame);
  return out;
}

} // namespace bridgekeeper::protocol
