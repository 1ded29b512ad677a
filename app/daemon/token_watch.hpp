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

/// The daemon's tokens while it runs: has them read, and hands them to the I/O
/// threads when they have changed or one has expired. Main thread, but for
/// `table`.
class token_watch {
public:
  /// Makes the token of the data directory where there is to be one. All
  /// references must outlive this. `notes` say what cannot be read.
  token_watch(const config& values, data_dir& dir, daemon_threads& threads,
              descriptor_reserve& reserve, readiness_notes& notes);

  /// The first time, before anybody asks. Throws `std::runtime_error` for a
  /// file of scoped tokens that is not right: at the start there is somebody to
  /// see it.
  void load();

  /// Reads them again where a file has changed or could not be read; whose
  /// token has expired leaves. To be called at every tick.
  void review();

  /// Reads them again. What is wrong is logged.
  void reload();

  /// They come from where `values` say, as of the next `reload`.
  void change_source(const config& values);

  /// Any thread.
  [[nodiscard]] std::shared_ptr<const token_table> table() const {
    return table_.load();
  }

  /// Tells the operator, once, of a token that was made; when all went well.
  void tell_fresh_token();

private:
  [[nodiscard]] std::optional<std::string> make_token(const config& values);
  [[nodiscard]] token_source::outcome read();
  /// Says in the log, and in `/readyz`, which file cannot be used; once.
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
  /// When they were last looked through for those that have expired.
  timestamp reviewed_ = wall_clock_now();
};

} // namespace bridgekeeper::app
