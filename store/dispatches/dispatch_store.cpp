#include "store/dispatches/dispatch_store.hpp"

#include <utility>

namespace bridgekeeper::store {

dispatch_store::dispatch_store(const writer_options& options,
                               writer_sinks sinks)
  : lock_(options.file.path), reader_(options.file, status_),
    writer_(options, with_readers(std::move(sinks)), status_) {}

writer_sinks dispatch_store::with_readers(writer_sinks x) {
  x.close_readers = [this] { reader_.suspend(); };
  x.open_readers = [this] { reader_.resume(); };
  x.reading = [this] { return reader_.busy_with(); };
  return x;
}

} // namespace bridgekeeper::store
