#include "store/dispatches/offline_store.hpp"

#include "store/dispatches/backup.hpp"
#include "store/dispatches/maintenance.hpp"
#include "store/dispatches/statement.hpp"

#include <filesystem>
#include <sqlite3.h>
#include <utility>

namespace bridgekeeper::store {

namespace {

/// Where SQLite puts the temporary files of this process, as long as the object
/// lives. Its own choice is often small, or memory.
class temporary_files {
public:
  explicit temporary_files(const std::string& directory) {
    sqlite3_temp_directory = sqlite3_mprintf("%s", directory.c_str());
  }

  ~temporary_files() {
    sqlite3_free(sqlite3_temp_directory);
    sqlite3_temp_directory = nullptr;
  }

  temporary_files(const temporary_files&) = delete;
  temporary_files& operator=(const temporary_files&) = delete;
};

} // namespace

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
  auto directory = std::filesystem::absolute(file_.path).parent_path();
  temporary_files here{directory.string()};
  auto db = open_writer(file_);
  set_pragma(*db, "temp_store = FILE");
  db->exec("VACUUM");
  db->exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

std::uint64_t room_for_vacuum(const connection_options& file) {
  auto db = open_existing(file);
  auto used =
      static_cast<std::uint64_t>((number_of(*db, "PRAGMA page_count")
                                  - number_of(*db, "PRAGMA freelist_count"))
                                 * number_of(*db, "PRAGMA page_size"));
  // The WAL adds a header to each page.
  return 2 * used + used / 64 + (std::uint64_t{1} << 20);
}

} // namespace bridgekeeper::store
