#include "store/dispatches/dispatch_store.hpp"

#include <utility>

namespace bridgekeeper::store {

dispatch_store::dispatch_store(
    const writer_options& options, writer_sinks sinks,
    std::function<void(const check_outcome&)> on_checked)
  : lock_(options.file.path), on_checked_(std::move(on_checked)),
    reader_(options.file, status_),
    check_(options.file, [this](const check_outcome& x) { tell(x); }),
    writer_(options, with_readers(std::move(sinks)), status_) {}

loaded_state dispatch_store::start(const migration_notice& notice) {
  auto out = writer_.start(notice);
  status_.is_check_due = !out.was_clean;
  return out;
}

bool dispatch_store::check_if_unclean() {
  auto is_due = status_.is_check_due.load();
  if (is_due)
    check_.start();
  return is_due;
}

void dispatch_store::tell(const check_outcome& x) {
  status_.is_check_due = x.why != fault::none && x.why != fault::corrupt;
  if (x.why == fault::corrupt)
    writer_.report_damage("found by the check that follows an unclean end: "
                          + x.detail);
  if (on_checked_)
    on_checked_(x);
}

writer_sinks dispatch_store::with_readers(writer_sinks x) {
  x.close_readers = [this] {
    reader_.suspend();
    check_.suspend();
  };
  x.open_readers = [this] {
    reader_.resume();
    check_.resume();
  };
  x.reading = [this] {
    auto query = reader_.busy_with();
    return query.empty() ? check_.busy_with() : query;
  };
  return x;
}

} // namespace bridgekeeper::store
