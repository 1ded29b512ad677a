#include "protocol/followup_json.hpp"

#include "protocol/json_document.hpp"
#include "protocol/json_fields.hpp"
#include "protocol/json_members.hpp"
#include "protocol/json_writer.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <string_view>

namespace bridgekeeper::protocol {

namespace {

constexpr std::array<std::string_view, 2> own_names{"is_followup",
                                                    "followup_to"};

/// The context without the members that the daemon sets.
json_object without_own_names(const json_object& context) {
  auto fields = json_fields::parse(context.str(), own_names);
  if (!fields || (!fields->has(own_names[0]) && !fields->has(own_names[1])))
    return context;
  auto tree = parse_json_document(context.str());
  for (auto name : own_names)
    tree.erase(std::string{name});
  return json_object{tree.dump()};
}

} // namespace

json_object followup_context(const message_id& earlier,
                             const json_object& own) {
  return with_first_members(json_writer{}
                                .flag("is_followup", true)
                                .string("followup_to", earlier.str())
                                .finish(),
                            without_own_names(own));
}

} // namespace bridgekeeper::protocol
