#include "store/dispatches/offline_store.hpp"

#include "store/dispatches/backup.hpp"
#include "store/dispatches/erase.hpp"
#include "store/dispatches/maintenance.hpp"
#include "store/dispatches/migrate.hpp"
#include "store/dispatches/queries.hpp"
#include "store/dispatches/schema.hpp"
#include "store/dispatches/vacuum.hpp"

#include <SQLiteCpp/Transaction.h>
#include <stdexcept>
#include <utility>

namespace bridgekeeper::store {

namespace {

/// Throws if another connection needs the WAL. `what` has been done.
void empty_wal(SQLite::Database& db, const std::string& what) {
  statement move{db, "PRAGMA wal_checkpoint(TRUNCATE)"};
  if (!move.start().step() || move.number(0) != 0)
    throw std::runtime_error{
        what
        + ", but another program reads the store, so the bytes of removed "
          "rows are still there. End that program, then run: bridgekeeper "
          "store vacuum"};
}

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
  auto db = open_writer(file_);
  store::vacuum(*db);
  empty_wal(*db, "The store was vacuumed");
}

outcome offline_store::erase(const message_id& id, message_id& whole) {
  return overwrite([&](SQLite::Database& db) {
    auto found = find_dispatch(db, id);
    if (!found) {
      auto match = find_short_id(db, id.str());
      if (match.is_ambiguous)
        throw std::runtime_error{"Several dispatches have ids that start or "
                                 "end with "
                                 + id.str()
                                 + ". Give more characters of the id."};
      if (match.id)
        found = find_dispatch(db, *match.id);
    }
    if (!found)
      return outcome::came_late;
    whole = found->id;
    return store::erase(db, found->number);
  });
}

outcome offline_store::erase(const agent_id& id) {
  return overwrite(
      [&id](SQLite::Database& db) { return store::erase(db, id); });
}

template <class Work>
outcome offline_store::overwrite(Work work) {
  auto db = open_writer(file_);
  if (version_of(*db, migrations()) != migrations().back().to)
    throw std::runtime_error{"An earlier version of Bridgekeeper has written "
                             "the store. Start the daemon once, which converts "
                             "it."};
  set_pragma(*db, "secure_delete = ON");
  SQLite::Transaction all{*db};
  auto out = work(*db);
  all.commit();
  if (out == outcome::applied)
    empty_wal(*db, "It was erased");
  return out;
}

} // namespace bridgekeeper::store
