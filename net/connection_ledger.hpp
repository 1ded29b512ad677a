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
  /// Maximum number of sockets.
  std::size_t total = 16'384;
  /// Maximum number of sockets per address; 0: no limit per address.
  std::size_t per_ip = 4096;
  /// Maximum number of bridge sockets that have not registered yet, in total
  /// and per address (contract section 6, number 4).
  std::size_t unregistered = 1024;
  std::size_t unregistered_per_ip = 256;
  /// The same for bridge sockets opened by web pages of foreign origins. They
  /// have places of their own, so that they cannot use up those of bridges.
  std::size_t foreign_pages = 64;
  std::size_t foreign_pages_per_ip = 16;
};

/// Enforces the limits on connections. Addresses are counted as by
/// `counted_address`. Thread-safe. A place is released by its destructor, so
/// that no code path can forget to.
///
/// When a limit is reached, a connection that has not presented a valid token
/// may be cut to make room, so that peers without a token cannot keep others
/// out: either one that has had enough time to send its token, or the oldest
/// one of the address that has the most, if that is more than the newcomer's
/// address has.
class connection_ledger
  : public std::enable_shared_from_this<connection_ledger> {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// A connection without a valid token may be cut after this time.
  static constexpr std::chrono::seconds grace{3};

  enum class kind : std::uint8_t { connection, unregistered, foreign_page };

  class place {
  public:
    place(std::shared_ptr<connection_ledger> ledger, std::string ip, kind what);
    ~place();
    place(const place&) = delete;
    place& operator=(const place&) = delete;

    /// The counted address of the peer; empty if addresses are not
    /// distinguished.
    [[nodiscard]] const std::string& ip() const noexcept {
      return ip_;
    }

    /// Allows the connection to be cut. Cutting shuts down `socket`, so that
    /// the connection ends on its own thread. The descriptor must stay open
    /// until the place is destroyed or `keep` is called.
    void may_be_cut(int socket);

    /// The same if another place owns the socket. Has no effect once that place
    /// is destroyed.
    void may_be_cut_with(place& connection);

    /// A valid token was presented: the connection is no longer cut.
    void keep() noexcept;

    /// Whether the connection was cut through this place or its partner. The
    /// socket is shut down by then; an owner that is not reading must ask.
    [[nodiscard]] bool was_cut() const;

  private:
    friend class connection_ledger;

    std::shared_ptr<connection_ledger> ledger_;
    std::string ip_;
    kind what_;
    time_point since_;
    /// -1: there is nothing to shut down, so the connection cannot be cut.
    int socket_ = -1;
    /// The place that owns the socket if this one does not, and vice versa.
    place* partner_ = nullptr;
    bool is_counted_ = true;
    bool can_be_cut_ = false;
    bool was_cut_ = false;
    std::list<place*>::iterator among_unregistered_;
  };

  using place_ptr = std::unique_ptr<place>;

  using clock = std::function<time_point()>;

  explicit connection_ledger(connection_limits limits,
                             clock now = &std::chrono::steady_clock::now)
    : limits_(limits), now_(std::move(now)) {}

  /// Applies to later connections; existing ones are kept.
  void change_limits(const connection_limits& limits);

  /// A place for a socket, or null if the limit in total or for `ip` is
  /// reached. A proxy's address stands for many clients: if `is_proxy` is set,
  /// or if `ip` is empty, only the limit in total applies.
  [[nodiscard]] place_ptr try_connect(const std::string& ip,
                                      bool is_proxy = false);

  /// A place for a bridge that has not registered yet, or null if the limit in
  /// total or for `ip` is reached. Released when the bridge has registered.
  [[nodiscard]] place_ptr try_enter(const std::string& ip,
                                    bool is_foreign_page = false);

  [[nodiscard]] std::size_t total() const;

  [[nodiscard]] std::size_t unregistered() const;

  /// How many connections were cut to make room.
  [[nodiscard]] std::uint64_t cut() const;

private:
  struct address {
    std::size_t count = 0;
    /// The connections that may be cut, oldest first.
    std::list<place*> unregistered;
  };

  struct tally {
    std::size_t total = 0;
    std::unordered_map<std::string, address, keyed_string_hash> of_ip;

    [[nodiscard]] std::size_t of(const std::string& ip) const;
  };

  [[nodiscard]] place_ptr enter(kind what, std::string ip, std::size_t most,
                                std::size_t most_of_ip);
  /// Try to free a place by cutting a connection: one of `ip`, or one of any
  /// address for a newcomer from `ip`. Return whether a place was freed.
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
