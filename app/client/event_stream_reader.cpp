#include "app/client/event_stream_reader.hpp"

#include <algorithm>
#include <utility>

namespace bridgekeeper::app {

void event_stream_reader::add(std::string_view bytes,
                              const event_handler& on_event) {
  while (!bytes.empty()) {
    auto end = std::min(bytes.find('\n'), bytes.size());
    line_.append(bytes.substr(0, end));
    if (end == bytes.size())
      return;
    bytes.remove_prefix(end + 1);
    end_line(on_event);
    line_.clear();
  }
}

void event_stream_reader::end_line(const event_handler& on_event) {
  std::string_view line{line_};
  if (line.ends_with('\r'))
    line.remove_suffix(1);
  if (line.empty()) {
    auto event = std::exchange(next_, {});
    if (!id_.empty())
      last_id_ = std::exchange(id_, {});
    if (!event.name.empty() || !event.data.empty())
      on_event(event);
    return;
  }
  auto colon = std::min(line.find(':'), line.size());
  auto field = line.substr(0, colon);
  auto value = line.substr(std::min(colon + 1, line.size()));
  if (value.starts_with(' '))
    value.remove_prefix(1);
  if (field == "event")
    next_.name = value;
  else if (field == "id")
    id_ = value;
  else if (field == "data")
    next_.data.append(next_.data.empty() ? "" : "\n").append(value);
}

void event_stream_reader::restart() {
  line_.clear();
  next_ = {};
  id_.clear();
}

} // namespace bridgekeeper::app
