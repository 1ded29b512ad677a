#include "app/console/heap_report.hpp"

#include "app/console/console_report.hpp"
#include "app/text/text_table.hpp"

#include <malloc.h>

namespace bridgekeeper::console {

std::string heap_text(const std::vector<memory_row>& limited) {
  auto heap = ::mallinfo2();
  text_table out{{"MEMORY", "BYTES", "LIMIT"}};
  auto row = [&](const char* what, std::size_t bytes) {
    out.add({what, std::to_string(bytes), "-"});
  };
  row("resident, all of the process", resident_bytes());
  row("malloc: arenas", heap.arena);
  row("malloc: in use there", heap.uordblks);
  row("malloc: free there", heap.fordblks);
  row("malloc: free at the top, could be returned", heap.keepcost);
  row("malloc: large blocks, mapped one by one", heap.hblkhd);
  for (const auto& x : limited)
    out.add({x.what, x.bytes ? std::to_string(*x.bytes) : "no answer",
             x.limit ? std::to_string(*x.limit) : "-"});
  return out.str();
}

} // namespace bridgekeeper::console
