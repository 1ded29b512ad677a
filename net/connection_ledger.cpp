#include "net/connection_ledger.hpp"

#include "domain/counted_address.hpp"

#include <limits>
#include <sys/socket.h>
#include <utility>

namespace bridgekeeper::net {

// -- place --------------------------------------------------------------------

connection_ledger::place::place(std::shared_ptr<connection_ledger> ledger,
                                std::string ip, kind what)
  : ledger_(std::move(ledger)), ip_(std::move(ip)), what_(what),
    since_(ledger_->now_()) {}

connection_ledger::place::~place() {
  ledger_->leave(*this);
}

void connection_ledger::place::may_be_cut(int socket) {
  std::lock_guard guard{ledger_->mutex_};
  socket_ = socket;
  ledger_->list(*this);
}

void connection_ledger::place::may_be_cut_with(place& connection) {
  std::lock_guard guard{ledger_->mutex_};
  partner_ = &connection;
  connection.partner_ = this;
  ledger_->list(*this);
}

void connection_ledger::place::keep() noexcept {
  std::lock_guard guard{ledger_->mutex_};
  ledger_->unlist(*this);
}

bool connection_ledger::place::was_cut() const {
  std::lock_guard guard{ledger_->mutex_};
  return was_cut_ || (partner_ != nullptr && partner_->was_cut_);
}

// -- connection_ledger --------------------------------------------------------

void connection_ledger::change_limits(const connection_limits& limits) {
  std::lock_guard guard{mutex_};
  limits_ = limits;
}

connection_ledger::place_ptr
connection_ledger::try_connect(const std::string& ip, bool is_proxy) {
  auto counted = counted_address(ip);
  std::lock_guard guard{mutex_};
  auto no_limit = is_proxy || counted.empty() || limits_.per_ip == 0;
  return enter(kind::connection, std::move(counted), limits_.total,
               no_limit ? std::numeric_limits<std::size_t>::max()
                        : limits_.per_ip);
}

connection_ledger::place_ptr
connection_ledger::try_enter(const std::string& ip, bool is_foreign_page) {
  auto counted = counted_address(ip);
  std::lock_guard guard{mutex_};
  if (is_foreign_page)
    return enter(kind::foreign_page, std::move(counted), limits_.foreign_pages,
                 limits_.foreign_pages_per_ip);
  return enter(kind::unregistered, std::move(counted), limits_.unregistered,
               limits_.unregistered_per_ip);
}

connection_ledger::place_ptr connection_ledger::enter(kind what, std::string ip,
                                                      std::size_t most,
                                                      std::size_t most_of_ip) {
  auto& all = tally_of(what);
  if (all.of(ip) >= most_of_ip && !make_room_of(all, ip))
    return nullptr;
  if (all.total >= most && !make_room_for(all, ip))
    return nullptr;
  ++all.total;
  ++all.of_ip[ip].count;
  return std::make_unique<place>(shared_from_this(), std::move(ip), what);
}

bool connection_ledger::make_room_of(tally& all, const std::string& ip) {
  auto pos = all.of_ip.find(ip);
  if (pos == all.of_ip.end() || pos->second.unregistered.empty())
    return false;
  auto& oldest = *pos->second.unregistered.front();
  if (!is_overdue(oldest))
    return false;
  cut(oldest);
  return true;
}

bool connection_ledger::make_room_for(tally& all, const std::string& ip) {
  place* of_most = nullptr;
  place* oldest = nullptr;
  // Look for the address with the most connections without a valid token, which
  // must be more than the newcomer's address would have in total.
  auto most = all.of(ip) + 1;
  // This scan is linear in the number of addresses, but runs only when all
  // places are taken.
  for (auto& [other, x] : all.of_ip) {
    if (x.unregistered.empty())
      continue;
    auto first = x.unregistered.front();
    if (oldest == nullptr || first->since_ < oldest->since_)
      oldest = first;
    if (x.unregistered.size() > most) {
      most = x.unregistered.size();
      of_most = first;
    }
  }
  if (of_most == nullptr && oldest != nullptr && is_overdue(*oldest))
    of_most = oldest;
  if (of_most == nullptr)
    return false;
  cut(*of_most);
  return true;
}

/// Frees the place at once, although its holder notices only later.
void connection_ledger::cut(place& x) {
  auto socket =
      x.socket_ >= 0 || x.partner_ == nullptr ? x.socket_ : x.partner_->socket_;
  if (socket >= 0)
    ::shutdown(socket, SHUT_RDWR);
  ++cut_;
  x.was_cut_ = true;
  unlist(x);
  uncount(x);
}

void connection_ledger::list(place& x) {
  if (x.can_be_cut_ || !x.is_counted_)
    return;
  auto& unregistered = tally_of(x.what_).of_ip[x.ip_].unregistered;
  x.among_unregistered_ = unregistered.insert(unregistered.end(), &x);
  x.can_be_cut_ = true;
}

void connection_ledger::unlist(place& x) noexcept {
  if (std::exchange(x.can_be_cut_, false))
    tally_of(x.what_).of_ip[x.ip_].unregistered.erase(x.among_unregistered_);
}

void connection_ledger::uncount(place& x) noexcept {
  if (!std::exchange(x.is_counted_, false))
    return;
  auto& all = tally_of(x.what_);
  --all.total;
  auto pos = all.of_ip.find(x.ip_);
  if (pos != all.of_ip.end() && --pos->second.count == 0)
    all.of_ip.erase(pos);
}

void connection_ledger::leave(place& x) noexcept {
  std::lock_guard guard{mutex_};
  if (x.partner_ != nullptr)
    x.partner_->partner_ = nullptr;
  unlist(x);
  uncount(x);
}

bool connection_ledger::is_overdue(const place& x) const {
  return x.since_ + grace <= now_();
}

std::size_t connection_ledger::total() const {
  std::lock_guard guard{mutex_};
  return tallies_[static_cast<std::size_t>(kind::connection)].total;
}

std::size_t connection_ledger::unregistered() const {
  std::lock_guard guard{mutex_};
  return tallies_[static_cast<std::size_t>(kind::unregistered)].total;
}

std::uint64_t connection_ledger::cut() const {
  std::lock_guard guard{mutex_};
  return cut_;
}

connection_ledger::tally& connection_ledger::tally_of(kind what) noexcept {
  return tallies_[static_cast<std::size_t>(what)];
}

std::size_t connection_ledger::tally::of(const std::string& ip) const {
  auto pos = of_ip.find(ip);
  return pos != of_ip.end() ? pos->second.count : 0;
}

} // namespace bridgekeeper::net
