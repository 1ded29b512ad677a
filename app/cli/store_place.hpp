#pragma once

#include "app/client/client_options.hpp"
#include "domain/result.hpp"
#include "store/dispatches/offline_store.hpp"

#include <memory>
#include <optional>
#include <string>

namespace bridgekeeper::app {

/// Where work that needs the only writer of a store is done: in this process,
/// or in the daemon that uses the store. Exactly one of the two is set.
struct store_place {
  /// No daemon uses the store, and none can start while this exists.
  std::unique_ptr<store::offline_store> here;
  std::optional<server_access> daemon;
};

/// Finds out whether a daemon uses the store in a data directory. The store's
/// lock decides, because a killed daemon leaves its daemon.json behind; that
/// file then tells where the daemon is. Throws `store::open_error` if the store
/// cannot be used, or if another command uses it. Fails like `find_access`,
/// except that the daemon is always that of the directory.
/// `token_file` is what --token-file names, or empty.
[[nodiscard]] result<store_place>
find_store_place(const std::string& data_dir, const std::string& token_file);

} // namespace bridgekeeper::app
