#include "store/power/promises.hpp"

#include "store/dispatches/maintenance.hpp"
#include "store/dispatches/scratch_store.hpp"
#include "store/dispatches/statement.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>

namespace bridgekeeper::test {

namespace {

using kind = disk_call::kind;

/// A dispatch in words, to compare and to show.
std::string described(const expected_dispatch& x) {
  std::ostringstream out;
  out << to_string(x.state) << " in attempt " << x.attempt << ", " << x.size
      << " bytes";
  for (const auto& [attempt, result] : x.results)
    out << ", result " << attempt << " of " << result.size << " bytes for "
        << result.cost << (result.is_late ? ", late" : "");
  out << ", " << x.events << " events";
  return out.str();
}

/// The same of the file's rows. Texts that are not the right ones show as size
/// 0, which none has.
class stored_rows {
public:
  explicit stored_rows(SQLite::Database& db) : db_(db) {
    read_dispatches();
    read_results();
    store::statement events{db_, "SELECT dispatch, n FROM events"
                                 " WHERE dispatch IS NOT NULL"};
    for (events.start(); events.step();) {
      ++dispatches_[events.number(0)].events;
      events_[static_cast<std::uint64_t>(events.number(1))] = events.number(0);
    }
  }

  [[nodiscard]] const std::map<std::int64_t, expected_dispatch>&
  dispatches() const noexcept {
    return dispatches_;
  }

  /// By number: the dispatch.
  [[nodiscard]] const std::map<std::uint64_t, std::int64_t>&
  events() const noexcept {
    return events_;
  }

private:
  static std::size_t right_size(const std::string& text, std::int64_t dispatch,
                                std::uint16_t attempt) {
    return text == text_of(dispatch, attempt, text.size()) ? text.size() : 0;
  }

  void read_dispatches() {
    store::statement query{db_, "SELECT d.n, state, attempt, content"
                                " FROM dispatches AS d"
                                " LEFT JOIN tasks AS t ON t.n = d.n"};
    for (query.start(); query.step();) {
      auto& x = dispatches_[query.number(0)];
      x.state = static_cast<dispatch_state>(query.number(1));
      x.attempt = static_cast<std::uint16_t>(query.number(2));
      x.size = right_size(query.text(3), query.number(0), 0);
    }
  }

  void read_results() {
    store::statement query{db_, "SELECT dispatch, attempt, content, cost_musd,"
                                " late FROM results"};
    for (query.start(); query.step();) {
      auto attempt = static_cast<std::uint16_t>(query.number(1));
      dispatches_[query.number(0)].results[attempt] = {
          query.number(3), right_size(query.text(2), query.number(0), attempt),
          query.number(4) != 0};
    }
  }

  SQLite::Database& db_;
  std::map<std::int64_t, expected_dispatch> dispatches_;
  std::map<std::uint64_t, std::int64_t> events_;
};

/// How the rows differ from those that are expected; empty if they do not.
std::vector<std::string> differences(const stored_rows& rows,
                                     const expected_store& expected) {
  std::vector<std::string> out;
  std::set<std::int64_t> numbers;
  for (const auto& [number, x] : rows.dispatches())
    numbers.insert(number);
  for (const auto& [number, x] : expected.dispatches)
    numbers.insert(number);
  auto shown = [](const auto& from, std::int64_t number) {
    auto i = from.find(number);
    return i == from.end() ? std::string{"missing"} : described(i->second);
  };
  for (auto x : numbers) {
    auto is = shown(rows.dispatches(), x);
    auto must = shown(expected.dispatches, x);
    if (is != must)
      out.push_back("dispatch " + std::to_string(x) + " is " + is + "; was "
                    + must);
  }
  return out;
}

class inspection {
public:
  inspection(const failed_disk& left, const plan& intended)
    : left_(left), plan_(intended) {
    for (const auto& x : left.known) {
      if (x.what == told::kind::batch)
        told_ = x.batch + 1;
      if (x.what == told::kind::backup)
        has_backup_ = true;
    }
    for (const auto& [name, content] : left.files)
      std::ofstream{beside(name), std::ios::binary} << content;
  }

  loss run() {
    try {
      auto loaded = store_.open();
      if (auto why = store_->state().trouble.load(); why != store::fault::none)
        fail("the store does not start: " + std::string{sentence(why)});
      else
        compare(loaded);
    } catch (const std::exception& problem) {
      fail(std::string{"the store does not start: "} + problem.what());
    }
    store_.close();
    if (out_.violations.empty())
      check_files();
    return std::move(out_);
  }

private:
  [[nodiscard]] std::string beside(const std::string& name) const {
    return store_.path().substr(0, store_.path().rfind('/') + 1) + name;
  }

  void fail(const std::string& text) {
    out_.violations.push_back(text);
  }

  void expect_equal(std::int64_t is, std::int64_t must,
                    const std::string& what) {
    if (is != must)
      fail(what + " is " + std::to_string(is) + "; must be "
           + std::to_string(must));
  }

  void compare(const store::loaded_state& loaded) {
    {
      SQLite::Database db{store_.path(), SQLite::OPEN_READONLY, 5'000};
      stored_rows rows{db};
      if (!find_batches(rows))
        return;
      compare_costs(db);
      compare_events(rows);
    }
    compare_unfinished(loaded);
    use_again();
  }

  /// Finds out how many batches are on record: none in parts, and none without
  /// those before it. The last one may be one that was not told yet.
  bool find_batches(const stored_rows& rows) {
    auto most = std::min(told_ + 1, plan_.batches.size());
    std::vector<std::string> least;
    for (auto count = most + 1; count-- > 0;) {
      auto differ = differences(rows, plan_.states[count]);
      if (differ.empty()) {
        batches_ = count;
        out_.batches = told_ - std::min(told_, count);
        return true;
      }
      if (least.empty() || differ.size() < least.size())
        least = differ;
    }
    fail("after " + std::to_string(told_)
         + " batches, the rows are those of no moment: " + least.front());
    return false;
  }

  void compare_costs(SQLite::Database& db) {
    auto must = plan_.states[batches_].spent;
    expect_equal(
        store::number_of(db, "SELECT coalesce(sum(spent_musd), 0) FROM days"),
        must, "the cost of all days");
    expect_equal(store::number_of(
                     db, "SELECT coalesce(sum(spent_musd), 0) FROM sessions"),
                 must, "the cost of all sessions");
  }

  void compare_events(const stored_rows& rows) {
    const auto& dispatches = plan_.states[batches_].dispatches;
    for (const auto& x : left_.known) {
      if (x.what != told::kind::event)
        continue;
      auto i = rows.events().find(x.event);
      auto must_be = x.batch < batches_ && dispatches.contains(x.dispatch);
      if (must_be ? i == rows.events().end() || i->second != x.dispatch
                  : i != rows.events().end())
        fail("event " + std::to_string(x.event) + " of dispatch "
             + std::to_string(x.dispatch)
             + (must_be ? " is not on record" : " is on record"));
    }
  }

  void compare_unfinished(const store::loaded_state& loaded) {
    std::set<std::string> is;
    std::set<std::string> must;
    for (const auto& x : loaded.unfinished)
      is.insert(x.row.id.str());
    for (const auto& [number, x] : plan_.states[batches_].dispatches)
      if (!is_end(x.state))
        must.insert(id_of(number).str());
    if (is != must)
      fail(std::to_string(is.size()) + " dispatches are loaded as unfinished; "
           + std::to_string(must.size()) + " are");
  }

  /// New events must not have numbers that were told before.
  void use_again() {
    std::uint64_t newest = 0;
    for (const auto& x : left_.known)
      newest = std::max(newest, x.event);
    auto number = store_->writer().next_number();
    message_id id{make_uuid_v7()};
    store_.run(inserted(number, id));
    store_.run(completed(number, id));
    for (const auto& x : store_.published())
      if (x->sequence <= newest)
        fail("the number of event " + std::to_string(x->sequence)
             + " is used again; the newest was " + std::to_string(newest));
    if (auto row = store_.history(id);
        !row || row->row.state != dispatch_state::completed)
      fail("a new dispatch is not on record");
  }

  void check_files() {
    for (const auto& x : store::check_store(store_.options.file))
      fail("damaged: " + x);
    for (const auto& x : store::check_rows(store_.options.file))
      for (const auto& row : x.findings)
        fail(std::string{x.rule} + ": not so: " + row);
    if (!has_backup_)
      return;
    try {
      for (const auto& x : store::check_store({beside(backup_file)}))
        fail("the backup is damaged: " + x);
    } catch (const std::exception& problem) {
      fail(std::string{"the backup cannot be opened: "} + problem.what());
    }
  }

  const failed_disk& left_;
  const plan& plan_;
  scratch_store store_;
  /// Told to be on record, and on record.
  std::size_t told_ = 0;
  std::size_t batches_ = 0;
  bool has_backup_ = false;
  loss out_;
};

/// Any moment, or one that is likely to matter: when something was just told,
/// or while the store is made.
std::size_t choose_moment(const std::vector<disk_call>& calls, dice& random) {
  auto any = random.below(calls.size() + 1);
  if (random.percent(10))
    return std::min<std::size_t>(calls.size(), random.below(60));
  if (random.percent(50))
    return any;
  auto is_mark = [](const disk_call& x) { return x.what == kind::marked; };
  auto i = std::find_if(calls.begin() + static_cast<std::ptrdiff_t>(any),
                        calls.end(), is_mark);
  while (i != calls.end() && is_mark(*i))
    ++i;
  return static_cast<std::size_t>(i - calls.begin());
}

} // namespace

failed_disk fail_power(const recording& from, std::uint64_t seed) {
  dice random{seed};
  auto moment = choose_moment(from.calls, random);
  recorded_disk disk;
  failed_disk out;
  for (std::size_t i = 0; i < moment; ++i) {
    disk.apply(from.calls[i]);
    if (from.calls[i].what == kind::marked)
      out.known.push_back(told::parse(from.calls[i].data));
  }
  power_failure failure{seed, moment};
  out.files = disk.after(failure);
  return out;
}

loss find_loss(const failed_disk& left, const plan& intended) {
  return inspection{left, intended}.run();
}

} // namespace bridgekeeper::test
