#include "net/output_ledger.hpp"

#include <algorithm>
#include <utility>

namespace bridgekeeper::net {

output_ledger::account::account(std::shared_ptr<output_ledger> ledger,
                                std::function<void()> evict)
  : ledger_(std::move(ledger)), evict_(std::move(evict)) {
  ledger_->open(*this);
}

output_ledger::account::~account() {
  owe(0, 0);
  ledger_->close(*this);
}

void output_ledger::account::owe(std::size_t own, std::size_t shared) {
  if (own == own_ && own + shared == debt())
    return;
  auto before = std::exchange(own_, own);
  if (own > before)
    ledger_->total_.fetch_add(own - before, std::memory_order_relaxed);
  else
    ledger_->total_.fetch_sub(before - own, std::memory_order_relaxed);
  auto owed = debt_.exchange(own + shared, std::memory_order_relaxed);
  if (own + shared > owed)
    ledger_->make_room();
}

void output_ledger::add_shared(std::size_t bytes) {
  // The reader's debt is updated right after this; that call makes room.
  total_.fetch_add(bytes, std::memory_order_relaxed);
}

void output_ledger::remove_shared(std::size_t bytes) noexcept {
  total_.fetch_sub(bytes, std::memory_order_relaxed);
}

void output_ledger::open(account& x) {
  std::lock_guard guard{mutex_};
  accounts_.insert(&x);
}

void output_ledger::close(account& x) {
  {
    std::lock_guard guard{mutex_};
    accounts_.erase(&x);
    if (leaving_ == &x)
      leaving_ = nullptr;
  }
  make_room();
}

void output_ledger::make_room() {
  if (total() <= budget())
    return;
  std::function<void()> evict;
  {
    std::lock_guard guard{mutex_};
    if (leaving_ != nullptr)
      return;
    auto most = std::max_element(
        accounts_.begin(), accounts_.end(),
        [](const auto* x, const auto* y) { return x->debt() < y->debt(); });
    if (most == accounts_.end() || (*most)->debt() == 0)
      return;
    leaving_ = *most;
    evict = (*most)->evict_;
  }
  // Call it without the lock, because it is the session's code.
  evict();
}

} // namespace bridgekeeper::net
