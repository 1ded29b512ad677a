#include "store/dispatches/numbered.hpp"

namespace bridgekeeper::store {

numbered::numbered(SQLite::Database& db, kind_type kind)
  : kind_(kind), find_(db, are_texts() ? "SELECT n FROM agents WHERE id = ?"
                                       : "SELECT n FROM sessions WHERE id = ?"),
    add_(db, are_texts() ? "INSERT INTO agents(id, first_seen_us, last_seen_us)"
                           " VALUES(?1, ?2, ?2)"
                         : "INSERT INTO sessions(id, opened_us) VALUES(?, ?)"),
    db_(db) {}

std::optional<std::int64_t> numbered::find(const std::string& id) {
  if (auto known = known_.find(id); known != known_.end())
    return known->second;
  auto& query = are_texts() ? find_.start(id) : find_.start(stored_id{id});
  if (!query.step())
    return std::nullopt;
  auto out = find_.number(0);
  find_.done();
  remember(id, out);
  return out;
}

std::int64_t numbered::of(const std::string& id, timestamp now) {
  if (auto found = find(id))
    return *found;
  if (are_texts())
    add_.run(id, now);
  else
    add_.run(stored_id{id}, now);
  auto out = static_cast<std::int64_t>(db_.getLastInsertRowid());
  remember(id, out);
  return out;
}

void numbered::remember(const std::string& id, std::int64_t number) {
  if (known_.size() >= most)
    known_.clear();
  known_.emplace(id, number);
}

} // namespace bridgekeeper::store
