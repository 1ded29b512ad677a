#pragma once

namespace bridgekeeper::actors {}
namespace bridgekeeper::app {}

namespace bridgekeeper::console {

// One end of the console is a group of actors, the other a client program.
using namespace actors;
using namespace app;

} // namespace bridgekeeper::console
