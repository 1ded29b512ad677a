#pragma once

namespace bridgekeeper::app {

/// Opens /dev/null in the place of standard input, output and error where one
/// of them was closed by whoever started the process. Otherwise the first files
/// and sockets would get these numbers, and what is printed would be written
/// into them. The first thing `main` does.
void open_standard_descriptors() noexcept;

} // namespace bridgekeeper::app
