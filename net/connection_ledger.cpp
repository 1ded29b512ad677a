#include "net/connection_ledger.hpp"

#include <utility>

namespace bridgekeeper::net {

connection_ledger::place::place(std::shared_ptr<connection_ledger> ledger,
                                std::string ip, bool unregistered)
  : ledger_(std::move(ledger)), ip_(std::move(ip)),
    unregistered_(unregistered) {}

connection_ledger::place::~place() {
  ledger_->leave(ip_, unregistered_);
}

connection_ledger::place_ptr connection_ledger::try_connect() {
  std::lock_guard guard{mutex_};
  if (total_ >= limits_.total)
    return nullptr;
  ++total_;
  return std::make_unique<place>(shared_from_this(), std::string{}, false);
}

connection_ledger::place_ptr
connection_ledger::try_enter(const std::string& ip) {
  std::lock_guard guard{mutex_};
  auto pos = unregistered_of_ip_.find(ip);
  auto of_ip = pos != unregistered_of_ip_.end() ? pos->second : 0;
  if (unregistered_ >= limits_.unregistered
      || of_ip >= limits_.unregistered_per_ip)
    return nullptr;
  ++unregistered_;
  unregistered_of_ip_[ip] = of_ip + 1;
  return std::make_unique<place>(shared_from_this(), ip, true);
}

void connection_ledger::leave(const std::string& ip,
                              bool unregistered) noexcept {
  std::lock_guard guard{mutex_};
  if (!unregistered) {
    --total_;
    return;
  }
  --unregistered_;
  auto pos = unregistered_of_ip_.find(ip);
  if (--pos->second == 0)
    unregistered_of_ip_.erase(pos);
}

std::size_t connection_ledger::total() const {
  std::lock_guard guard{mutex_};
  return total_;
}

std::size_t connection_ledger::unregistered() const {
  std::lock_guard guard{mutex_};
  return unregistered_;
}

} // namespace bridgekeeper::net
