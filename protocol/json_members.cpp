#include "protocol/json_members.hpp"

#include <string_view>
#include <utility>

namespace bridgekeeper::protocol {

json_object with_first_members(std::string added, const json_object& object) {
  std::string_view text = object.str();
  auto rest = text.substr(text.find('{') + 1);
  if (rest[rest.find_first_not_of(" \t\r\n")] != '}')
    added.back() = ',';
  else
    added.pop_back();
  added += rest;
  return json_object{std::move(added)};
}

} // namespace bridgekeeper::protocol
