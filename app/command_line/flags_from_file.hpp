#pragma once

#include <string>

namespace CLI {
class App;
}

namespace bridgekeeper::app {

/// Sets the flags of `command` that the command line has not set to what the
/// file at `path` says; see `parse_flag_file`. Called in the callback of
/// `command`, before its flags are used. Flags that a file may name must not be
/// required on the command line. Throws `CLI::ParseError` with the place of the
/// mistake if the file cannot be read, or names a flag or value that the
/// command does not accept.
void set_flags_from_file(CLI::App& command, const std::string& path);

} // namespace bridgekeeper::app
