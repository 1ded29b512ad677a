#pragma once

#include "app/systemd/datagram_socket.hpp"
#include "app/systemd/journal_entry.hpp"

#include <string_view>

namespace bridgekeeper::app {

/// Where the journal receives entries.
inline constexpr std::string_view journal_address =
    "/run/systemd/journal/socket";

/// Whether the journal reads this descriptor: `stream`, the value of
/// `$JOURNAL_STREAM`, has its device and inode. The variable alone says
/// nothing, because a program may have been started with its output elsewhere.
[[nodiscard]] bool is_journal_stream(int descriptor, std::string_view stream);

/// Sends entries to the journal. One thread at a time.
class journal_socket {
public:
  /// `address` is the journal's unless a test has its own.
  explicit journal_socket(std::string_view address = journal_address);

  /// Returns 0 or the error number: EAGAIN if the journal has read nothing for
  /// 100 ms. An entry that is too large for a datagram is handed over as a
  /// sealed file in memory.
  [[nodiscard]] int send(const journal_entry& x) const noexcept;

private:
  datagram_socket socket_;
};

} // namespace bridgekeeper::app
