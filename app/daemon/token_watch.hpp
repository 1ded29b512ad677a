#pragma once

#include "app/config/config.hpp"
#include "app/daemon/daemon_threads.hpp"
#include "app/daemon/data_dir.hpp"
#include "app/daemon/descriptor_reserve.hpp"
#include "app/daemon/lasting_problem.hpp"
#include "app/daemon/token_source.hpp"
#include "domain/access/token_table.hpp"
#include "domain/readiness_notes.hpp"
#include "domain/timestamp.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <string>

namespace bridgekeeper::app {

/// Reloads the daemon's tokens while it runs, and passes them to the I/O
/// threads when they have changed or when one has expired. Main thread, except
/// for `table`.
class token_watch {
public:
  /// Creates the token of the data directory if `values` call for one. All
  /// references must outlive this object. `notes` gets the files that cannot be
  /// read.
  token_watch(const config& values, data_dir& dir, daemon_threads& threads,
              descriptor_reserve& reserve, readiness_notes& notes);

  token_watch(const token_watch&) = delete;
  token_watch& operator=(const token_watch&) = delete;

  /// Removes a token that was created and never shown, because the start has
  /// failed, unless an operator has changed the file since. The next start
  /// creates and shows another.
  ~token_watch();

  /// Loads the tokens for the first time, before any request. Throws
  /// `std::runtime_error` if the file of scoped tokens is invalid: at startup
  /// an operator is there to correct it.
  void load();

  /// Reloads the tokens if a file has changed or could not be read, and closes
  /// the connections whose token has expired. Must be called at every tick.
  void review();

  /// Reloads the tokens. Errors are logged.
  void reload();

  /// Takes the tokens from the sources in `values`, from the next `reload` on.
  /// Tells the operator about a token that this creates.
  void change_source(const config& values);

  /// Any thread.
  [[nodiscard]] std::shared_ptr<const token_table> table() const {
    return table_.load();
  }

  /// Tells the operator once about a token that was created. Called after a
  /// successful start.
  void tell_fresh_token();

private:
  [[nodiscard]] std::optional<std::string> make_token(const config& values);
  [[nodiscard]] token_source::outcome read();
  /// Reports in the log and in `/readyz` which file cannot be used. A problem
  /// is logged once, not at every tick.
  void tell(const token_source::outcome& loaded);
  void install();

  data_dir& dir_;
  daemon_threads& threads_;
  descriptor_reserve& reserve_;
  readiness_notes& notes_;
  std::string data_dir_name_;
  std::optional<std::string> fresh_token_;
  token_source source_;
  lasting_problem scoped_problem_;
  lasting_problem plain_problem_;
  std::atomic<std::shared_ptr<const token_table>> table_;
  /// When the tokens were last checked for expiry.
  timestamp reviewed_ = wall_clock_now();
};

} // namespace bridgekeeper::app
