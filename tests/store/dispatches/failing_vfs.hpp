#pragma once

#include <atomic>
#include <string>

namespace bridgekeeper::test {

/// A VFS of SQLite that passes everything on to the default one, except what it
/// is told to fail. One for the process: tests that use it must `clear` it,
/// which `failures` does.
inline constexpr const char* failing_vfs = "failing";

/// For as long as it lives, some calls fail.
class failures {
public:
  enum class call { write, sync, open };

  failures();
  ~failures();
  failures(const failures&) = delete;
  failures& operator=(const failures&) = delete;

  /// From the `nth` such call on (counted from 1), `times` of them fail with
  /// `error`, on files whose names end in `suffix`.
  void fail(call which, int error, int nth = 1, int times = 1'000'000,
            const std::string& suffix = "");

  void clear();

  /// How many calls have failed.
  [[nodiscard]] int count() const;

  /// How many calls `fail` has been asked about since it was called.
  [[nodiscard]] int asked() const;
};

} // namespace bridgekeeper::test
