#pragma once

namespace bridgekeeper::app {

/// Opens /dev/null in place of standard input, output or error if the parent
/// process closed it. Otherwise the first files and sockets would get these
/// descriptor numbers, and printed text would end up in them. `main` must call
/// this function before anything else.
void open_standard_descriptors() noexcept;

} // namespace bridgekeeper::app
