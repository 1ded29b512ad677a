#include "app/adapters/agent_adapter.hpp"

#include "app/adapters/aider_adapter.hpp"
#include "app/adapters/claude_adapter.hpp"
#include "app/adapters/codex_adapter.hpp"
#include "app/adapters/gemini_adapter.hpp"
#include "app/adapters/opencode_adapter.hpp"

namespace bridgekeeper::app {

std::unique_ptr<agent_adapter> make_adapter(agent_kind kind) {
  switch (kind) {
  case agent_kind::claude:
    return std::make_unique<claude_adapter>();
  case agent_kind::codex:
    return std::make_unique<codex_adapter>();
  case agent_kind::gemini:
    return std::make_unique<gemini_adapter>();
  case agent_kind::opencode:
    return std::make_unique<opencode_adapter>();
  case agent_kind::aider:
    return std::make_unique<aider_adapter>();
  case agent_kind::command:
    break;
  }
  return nullptr;
}

} // namespace bridgekeeper::app
