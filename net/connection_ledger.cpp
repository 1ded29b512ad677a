#include "net/connection_ledger.hpp"

#include <utility>

namespace bridgekeeper::net {

namespace {

template <class Counts>
std::size_t count(const Counts& counts, const std::string& ip) {
  auto pos = counts.find(ip);
  return pos != counts.end() ? pos->second : 0;
}

} // namespace

connection_ledger::place::place(std::shared_ptr<connection_ledger> ledger,
                                std::string ip, bool unregistered)
  : ledger_(std::move(ledger)), ip_(std::move(ip)),
    unregistered_(unregistered) {}

connection_ledger::place::~place() {
  ledger_->leave(ip_, unregistered_);
}

void connection_ledger::change_limits(const connection_limits& limits) {
  std::lock_guard guard{mutex_};
  limits_ = limits;
}

connection_ledger::place_ptr
connection_ledger::try_connect(const std::string& ip) {
  std::lock_guard guard{mutex_};
  if (total_ >= limits_.total
      || (!ip.empty() && limits_.per_ip > 0
          && count(of_ip_, ip) >= limits_.per_ip))
    return nullptr;
  ++total_;
  if (!ip.empty())
    ++of_ip_[ip];
  return std::make_unique<place>(shared_from_this(), ip, false);
}

connection_ledger::place_ptr
connection_ledger::try_enter(const std::string& ip) {
  std::lock_guard guard{mutex_};
  if (unregistered_ >= limits_.unregistered
      || count(unregistered_of_ip_, ip) >= limits_.unregistered_per_ip)
    return nullptr;
  ++unregistered_;
  ++unregistered_of_ip_[ip];
  return std::make_unique<place>(shared_from_this(), ip, true);
}

void connection_ledger::leave(const std::string& ip,
                              bool unregistered) noexcept {
  std::lock_guard guard{mutex_};
  --(unregistered ? unregistered_ : total_);
  auto& counts = unregistered ? unregistered_of_ip_ : of_ip_;
  auto pos = counts.find(ip);
  if (pos != counts.end() && --pos->second == 0)
    counts.erase(pos);
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
