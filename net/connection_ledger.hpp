#pragma once

#include <cstddef>
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
};

/// Counts connections against their limits. Thread-safe. Places free themselves
/// when their holder lets go of them, so that no path can forget to.
class connection_ledger
  : public std::enable_shared_from_this<connection_ledger> {
public:
  /// A counted connection.
  class place {
  public:
    place(std::shared_ptr<connection_ledger> ledger, std::string ip,
          bool unregistered);
    ~place();
    place(const place&) = delete;
    place& operator=(const place&) = delete;

    /// Of the peer; empty where addresses are not told apart.
    [[nodiscard]] const std::string& ip() const noexcept {
      return ip_;
    }

  private:
    std::shared_ptr<connection_ledger> ledger_;
    std::string ip_;
    bool unregistered_;
  };

  using place_ptr = std::unique_ptr<place>;

  explicit connection_ledger(connection_limits limits) : limits_(limits) {}

  /// New limits for who comes from now on; nobody who is in has to leave.
  void change_limits(const connection_limits& limits);

  /// A place for a socket, or null if there are too many in all or from `ip`.
  /// An empty `ip` counts in all alone.
  [[nodiscard]] place_ptr try_connect(const std::string& ip);

  /// A place for a bridge that has not registered yet, or null if there are too
  /// many of them in all or from `ip`. Given back once it is registered.
  [[nodiscard]] place_ptr try_enter(const std::string& ip);

  [[nodiscard]] std::size_t total() const;

  [[nodiscard]] std::size_t unregistered() const;

private:
  using count_by_ip = std::unordered_map<std::string, std::size_t>;

  void leave(const std::string& ip, bool unregistered) noexcept;

  connection_limits limits_;
  mutable std::mutex mutex_;
  std::size_t total_ = 0;
  std::size_t unregistered_ = 0;
  count_by_ip of_ip_;
  count_by_ip unregistered_of_ip_;
};

} // namespace bridgekeeper::net
