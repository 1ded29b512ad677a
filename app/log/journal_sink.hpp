#pragma once

#include "app/log/log_sink.hpp"
#include "app/systemd/journal_socket.hpp"

#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// The journal entry of a line: MESSAGE, PRIORITY, SYSLOG_IDENTIFIER and the
/// fields of the line (log/log_line.hpp).
[[nodiscard]] journal_entry make_entry(const spdlog::details::log_msg& line,
                                       std::string_view identifier);

/// Writes lines to systemd's journal as entries with fields. While the journal
/// cannot be reached, lines go to standard error instead, which the journal
/// reads as well, once it is back.
class journal_sink final : public log_sink {
public:
  /// `identifier` names the program: `bridgekeeper`. `address` is the journal's
  /// unless a test has its own.
  journal_sink(std::string identifier, loss_counter losses,
               std::string_view address = journal_address);

private:
  void write_line(const spdlog::details::log_msg& line) override;

  std::string identifier_;
  journal_socket socket_;
};

} // namespace bridgekeeper::app
