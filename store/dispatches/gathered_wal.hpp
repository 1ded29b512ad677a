#pragma once

#include <string>

namespace bridgekeeper::store {

/// A VFS of SQLite that writes the frames of a transaction to the WAL in few
/// large writes. SQLite makes two writes for each page, the header of a frame
/// and the page, and each is a system call.
///
/// Frames are gathered while each follows the last one, up to 64 KiB. They are
/// written with the last frame of their transaction, whose header says so.
/// SQLite therefore gets errors from the writes of the transaction to which
/// they belong, before it tells readers of the new frames. Anything else that
/// SQLite does with the WAL writes first what is gathered: frames of a
/// transaction that has not ended, or that was rolled back. The latter lie
/// after the last commit, where only this connection may write.
///
/// Such a write can also fail in a read of the WAL, of which SQLite does not
/// know that it loses frames. After any error, the user must therefore roll its
/// transaction back.
///
/// `inner` is the name of the VFS that it uses; empty: the default one. Returns
/// the name under which it is registered. Throws `SQLite::Exception` if there
/// is no VFS of that name. Any thread.
[[nodiscard]] std::string gathered_wal_vfs(const std::string& inner);

} // namespace bridgekeeper::store
