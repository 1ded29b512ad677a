#pragma once

#include "domain/keyed_hash.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace bridgekeeper::net {

struct connection_limits {
  /// Sockets in all.
  std::size_t total = 16'384;
  /// Sockets of one address; 0: no limit of its own.
  std::size_t per_ip = 4096;
  /// Bridge sockets that have not registered yet, in all and of one address
  /// (contract section 6, number 4).
  std::size_t unregistered = 1024;
  std::size_t unregistered_per_ip = 256;
  /// Of those, what web pages may have that are not ours: they have these
  /// places and no others, so that they cannot take those of bridges.
  std::size_t foreign_pages = 64;
  std::size_t foreign_pages_per_ip = 16;
};

/// Counts connections against their limits; addresses count as
/// `counted_address` has them. Thread-safe. Places free themselves when their
/// holder lets go of them, so that no path can forget to.
///
/// When a limit is reached, a connection on which no token was found good makes
/// room, so that peers without a token cannot keep others out: one that has had
/// enough time to send its token or, where an address has more than the
/// newcomer's, the oldest of the address that has most.
class connection_ledger
  : public std::enable_shared_from_this<connection_ledger> {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// A connection without a good token may have to make room after this time.
  static constexpr std::chrono::seconds grace{3};

  enum class kind : std::uint8_t { connection, unregistered, foreign_page };

  /// A counted connection.
  class place {
  public:
    place(std::shared_ptr<connection_ledger> ledger, std::string ip, kind what);
    ~place();
    place(const place&) = delete;
    place& operator=(const place&) = delete;

    /// What the peer counts under; empty where addresses are not told apart.
    [[nodiscard]] const std::string& ip() const noexcept {
      return ip_;
    }

    /// The connection may have to make room: then `socket` is shut down, which
    /// ends it on its own thread. The descriptor must stay open for as long as
    /// the place lives, or until `keep`.
    void may_be_cut(int socket);

    /// The same where another place has the socket, if that one still lives.
    void may_be_cut_with(place& connection);

    /// A token was found good: the connection stays.
    void keep() noexcept;

    /// The connection, here or where its partner has it, had to make room: its
    /// socket is shut down. An owner that does not read must ask.
    [[nodiscard]] bool was_cut() const;

  private:
    friend class connection_ledger;

    std::shared_ptr<connection_ledger> ledger_;
    std::string ip_;
    kind what_;
    time_point since_;
    /// Nothing to shut down: it cannot be made to leave.
    int socket_ = -1;
    /// Whose `socket_` it is, where that is another place's; and the other way
    /// round.
    place* partner_ = nullptr;
    bool is_counted_ = true;
    bool can_be_cut_ = false;
    bool was_cut_ = false;
    std::list<place*>::iterator among_strangers_;
  };

  using place_ptr = std::unique_ptr<place>;

  using clock = std::function<time_point()>;

  explicit connection_ledger(connection_limits limits,
                             clock now = &std::chrono::steady_clock::now)
    : limits_(limits), now_(std::move(now)) {}

  /// New limits for who comes from now on; nobody who is in has to leave.
  void change_limits(const connection_limits& limits);

  /// A place for a socket, or null if there are too many in all or from `ip`.
  /// Many clients come from the address of a proxy: then `is_proxy`, and only
  /// the limit of all applies, as for an empty `ip`.
  [[nodiscard]] place_ptr try_connect(const std::string& ip,
                                      bool is_proxy = false);

  /// A place for a bridge that has not registered yet, or null if there are too
  /// many of them in all or from `ip`. Given back once it is registered.
  [[nodiscard]] place_ptr try_enter(const std::string& ip,
                                    bool is_foreign_page = false);

  [[nodiscard]] std::size_t total() const;

  [[nodiscard]] std::size_t unregistered() const;

  /// How many connections had to make room.
  [[nodiscard]] std::uint64_t cut() const;

private:
  struct address {
    std::size_t count = 0;
    /// Those that can be made to leave, the oldest first.
    std::list<place*> strangers;
  };

  struct tally {
    std::size_t total = 0;
    std::unordered_map<std::string, address, keyed_string_hash> of_ip;

    [[nodiscard]] std::size_t of(const std::string& ip) const;
  };

  [[nodiscard]] place_ptr enter(kind what, std::string ip, std::size_t most,
                                std::size_t most_of_ip);
  /// Whether a place of that kind was freed: one of `ip`, or one of all for a
  /// newcomer from there.
  [[nodiscard]] bool make_room_of(tally& all, const std::string& ip);
  [[nodiscard]] bool make_room_for(tally& all, const std::string& ip);
  void cut(place& x);
  void list(place& x);
  void unlist(place& x) noexcept;
  void uncount(place& x) noexcept;
  void leave(place& x) noexcept;
  [[nodiscard]] bool is_overdue(const place& x) const;
  [[nodiscard]] tally& tally_of(kind what) noexcept;

  connection_limits limits_;
  clock now_;
  mutable std::mutex mutex_;
  std::array<tally, 3> tallies_;
  std::uint64_t cut_ = 0;
};

} // namespace bridgekeeper::net
