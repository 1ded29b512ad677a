#include "app/config/scoped_token_path.hpp"

namespace bridgekeeper::app {

std::filesystem::path scoped_token_path(const config& x) {
  if (x.auth.scoped_token_file)
    return *x.auth.scoped_token_file;
  return std::filesystem::path{x.server.data_dir} / "tokens";
}

missing_tokens meaning_of_missing(const config& x) {
  return x.auth.scoped_token_file ? missing_tokens::unknown
                                  : missing_tokens::none;
}

} // namespace bridgekeeper::app
