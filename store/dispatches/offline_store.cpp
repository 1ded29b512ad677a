#include "store/dispatches/offline_store.hpp"

#include "store/dispatches/backup.hpp"
#include "store/dispatches/maintenance.hpp"
#include "store/dispatches/vacuum.hpp"

#include <utility>

namespace bridgekeeper::store {

offline_store::offline_store(connection_options file)
  : file_(std::move(file)), lock_(file_.path) {
  // Only for its checks: the file must not be converted, nor created.
  std::ignore = open_existing(file_);
}

void offline_store::back_up(const std::string& target) {
  refuse_existing(target);
  auto db = open_reader(file_);
  store::back_up(*db, target);
}

void offline_store::vacuum() {
  auto db = open_writer(file_);
  store::vacuum(*db);
  db->exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

} // namespace bridgekeeper::store
