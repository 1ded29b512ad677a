#include "app/console/heap_report.hpp"

#include "app/console/console_report.hpp"
#include "app/text/text_table.hpp"

#include <cstddef>
#include <functional>
#include <malloc.h>

/// From mimalloc, which the daemon is linked with; null in programs that are
/// not, such as tests. glibc's own figures are then those that count.
extern "C" [[gnu::weak]] void
mi_process_info(std::size_t* elapsed_ms, std::size_t* user_ms,
                std::size_t* system_ms, std::size_t* rss, std::size_t* peak_rss,
                std::size_t* commit, std::size_t* peak_commit,
                std::size_t* page_faults);

namespace bridgekeeper::console {

namespace {

using add_row = std::function<void(const char*, std::size_t)>;

void add_mimalloc(const add_row& row) {
  std::size_t now = 0;
  std::size_t most = 0;
  mi_process_info(nullptr, nullptr, nullptr, nullptr, nullptr, &now, &most,
                  nullptr);
  row("malloc: memory from the kernel", now);
  row("malloc: peak", most);
}

void add_glibc(const add_row& row) {
  auto heap = ::mallinfo2();
  row("malloc: memory from the kernel", heap.arena + heap.hblkhd);
  row("malloc: in use", heap.uordblks + heap.hblkhd);
}

} // namespace

std::string heap_text(const std::vector<memory_row>& limited) {
  text_table out{{"MEMORY", "BYTES", "LIMIT"}};
  auto row = [&](const char* what, std::size_t bytes) {
    out.add({what, std::to_string(bytes), "-"});
  };
  row("resident, all of the process", resident_bytes());
  mi_process_info != nullptr ? add_mimalloc(row) : add_glibc(row);
  for (const auto& x : limited)
    out.add({x.what, x.bytes ? std::to_string(*x.bytes) : "no answer",
             x.limit ? std::to_string(*x.limit) : "-"});
  return out.str();
}

} // namespace bridgekeeper::console
