#include "store/dispatches/user_name.hpp"

#include <array>
#include <pwd.h>

namespace bridgekeeper::store {

std::string name_of(uid_t user) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> text{};
  if (::getpwuid_r(user, &entry, text.data(), text.size(), &found) != 0
      || found == nullptr)
    return std::to_string(user);
  return found->pw_name;
}

} // namespace bridgekeeper::store
