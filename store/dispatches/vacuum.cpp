#include "store/dispatches/vacuum.hpp"

#include "store/dispatches/connection.hpp"
#include "store/dispatches/statement.hpp"

#include <filesystem>
#include <sqlite3.h>
#include <system_error>

namespace bridgekeeper::store {

namespace {

/// While the object lives, SQLite puts temporary files into a given directory.
/// Memory may be too small for them, and so may the directory that SQLite would
/// choose.
class temporary_files {
public:
  temporary_files(SQLite::Database& db, const std::string& directory)
    : db_(db) {
    set_pragma(db_, "temp_store = FILE");
    sqlite3_temp_directory = sqlite3_mprintf("%s", directory.c_str());
  }

  ~temporary_files() {
    sqlite3_exec(db_.getHandle(), "PRAGMA temp_store = MEMORY", nullptr,
                 nullptr, nullptr);
    sqlite3_free(sqlite3_temp_directory);
    sqlite3_temp_directory = nullptr;
  }

  temporary_files(const temporary_files&) = delete;
  temporary_files& operator=(const temporary_files&) = delete;

private:
  SQLite::Database& db_;
};

std::string in_mebibytes(std::uint64_t bytes) {
  return std::to_string(bytes >> 20) + " MiB";
}

} // namespace

std::uint64_t room_for_vacuum(SQLite::Database& db) {
  auto used =
      static_cast<std::uint64_t>((number_of(db, "PRAGMA page_count")
                                  - number_of(db, "PRAGMA freelist_count"))
                                 * number_of(db, "PRAGMA page_size"));
  // The WAL adds a header to each page.
  return 2 * used + used / 64 + (std::uint64_t{1} << 20);
}

void check_room(std::uint64_t needed, std::uint64_t available,
                const std::string& directory) {
  if (available >= needed)
    return;
  constexpr auto almost_one = (std::uint64_t{1} << 20) - 1;
  throw no_room{"The vacuum needs " + in_mebibytes(needed + almost_one)
                + " of free space in " + directory + ", and only "
                + in_mebibytes(available)
                + " are free. Make room and try again."};
}

void vacuum(SQLite::Database& db) {
  auto directory =
      std::filesystem::absolute(db.getFilename()).parent_path().string();
  std::error_code unknown;
  auto space = std::filesystem::space(directory, unknown);
  if (!unknown)
    check_room(room_for_vacuum(db), space.available, directory);
  temporary_files here{db, directory};
  db.exec("VACUUM");
}

} // namespace bridgekeeper::store
