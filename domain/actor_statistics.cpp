#include "domain/actor_statistics.hpp"

#include <map>
#include <utility>

namespace bridgekeeper {

using std::chrono::steady_clock;

actor_statistics::entry::entry(std::shared_ptr<actor_statistics> book,
                               std::uint64_t id, const char* name,
                               std::optional<std::size_t> thread)
  : book_(std::move(book)), id_(id), name_(name), thread_(thread),
    born_(steady_clock::now()) {
  std::lock_guard guard{book_->mutex_};
  place_ = book_->entries_.insert(book_->entries_.end(), this);
}

actor_statistics::entry::~entry() {
  remove();
}

void actor_statistics::entry::remove() {
  std::lock_guard guard{book_->mutex_};
  if (std::exchange(listed_, false))
    book_->entries_.erase(place_);
}

void actor_statistics::entry::stand_for(std::string subject) {
  std::lock_guard guard{book_->mutex_};
  subject_ = std::move(subject);
}

void actor_statistics::entry::note_slow(std::string message,
                                        std::chrono::nanoseconds took) const {
  book_->slow_.note(
      {name_, id_, subject_, thread_, std::move(message),
       std::chrono::duration_cast<std::chrono::microseconds>(took),
       wall_clock_now()});
}

std::vector<actor_row> actor_statistics::rows() const {
  std::lock_guard guard{mutex_};
  auto now = steady_clock::now();
  std::vector<actor_row> out;
  out.reserve(entries_.size());
  for (const auto* x : entries_) {
    auto handled = x->handled_.load(std::memory_order_relaxed);
    auto arrived = x->arrived_.load(std::memory_order_relaxed);
    out.push_back({x->id_, x->name_, x->subject_, x->thread_,
                   arrived > handled ? arrived - handled : 0, handled,
                   std::chrono::duration_cast<std::chrono::milliseconds>(
                       now - x->born_)});
  }
  return out;
}

void actor_statistics::count_restart(std::string_view name) {
  std::lock_guard guard{mutex_};
  ++restarts_[std::string{name}];
}

std::map<std::string, actor_statistics::kind_totals, std::less<>>
actor_statistics::totals() const {
  // By the address of the name, which is static, because there may be very many
  // actors of a few kinds.
  std::map<const char*, kind_totals> by_name;
  std::map<std::string, kind_totals, std::less<>> out;
  std::lock_guard guard{mutex_};
  for (const auto* x : entries_) {
    auto handled = x->handled_.load(std::memory_order_relaxed);
    auto arrived = x->arrived_.load(std::memory_order_relaxed);
    auto& total = by_name[x->name_];
    ++total.actors;
    total.waiting += arrived > handled ? arrived - handled : 0;
  }
  for (const auto& [name, total] : by_name) {
    out[name].actors += total.actors;
    out[name].waiting += total.waiting;
  }
  for (const auto& [name, count] : restarts_)
    out[name].restarts = count;
  return out;
}

} // namespace bridgekeeper
