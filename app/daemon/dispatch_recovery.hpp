#pragma once

#include "api/thread_context.hpp"
#include "domain/announcement.hpp"
#include "store/dispatches/load.hpp"

namespace bridgekeeper::app {

/// Continues a dispatch that had not ended when the last daemon ended. What
/// waited goes on waiting; what a stock bridge had is lost, or tried again as
/// its retry policy says, because a stock bridge cannot return a result on
/// another link. Called on an I/O thread with a store, while the core actors
/// run. `agent` is what is remembered of the agent, or null.
void recover(api::thread_context& context, const store::unfinished_dispatch& x,
             announcement_ptr agent);

} // namespace bridgekeeper::app
