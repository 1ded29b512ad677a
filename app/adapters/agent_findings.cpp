#include "app/adapters/agent_findings.hpp"

#include "app/adapters/plain_text.hpp"
#include "domain/trimmed.hpp"
#include "domain/utf8.hpp"

#include <algorithm>

namespace bridgekeeper::app {

void agent_findings::add_note(std::vector<std::string>& notes,
                              std::string_view text) {
  text = trimmed(text);
  auto line = plain_text(text.substr(0, text.find('\n')));
  line = cut_utf8(line, max_note_length);
  if (line.empty() || notes.size() >= max_notes
      || std::ranges::find(notes, line) != notes.end())
    return;
  notes.push_back(std::move(line));
}

} // namespace bridgekeeper::app
