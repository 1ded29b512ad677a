#pragma once

namespace bridgekeeper::actors {}
namespace bridgekeeper::app {}

namespace bridgekeeper::console {

// One end of the console is a group of actors, the other is a client program,
// so its code uses the names of both.
using namespace actors;
using namespace app;

} // namespace bridgekeeper::console
