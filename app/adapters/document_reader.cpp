#include "app/adapters/document_reader.hpp"

#include "app/adapters/agent_json.hpp"
#include "app/adapters/plain_text.hpp"
#include "app/adapters/progress_line.hpp"
#include "app/text/utf8_text.hpp"
#include "domain/trimmed.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace bridgekeeper::app {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Lines that begin or end with an escape sequence are short, or they are
/// copied twice; JSON itself contains none.
std::string without_decoration(std::string line) {
  if (line.find('\x1B') == std::string::npos)
    return line;
  auto plain = plain_text(line);
  return looks_like_json(plain) ? plain : line;
}

} // namespace

void document_reader::feed(std::string_view bytes, document_sink& sink) {
  for (auto& line : lines_.feed(bytes))
    on_line(std::move(line), sink);
}

void document_reader::finish(document_sink& sink) {
  if (!lines_.rest().empty())
    on_line(lines_.take_rest(), sink);
  if (!open_.empty())
    give_up(sink);
}

std::string_view document_reader::unfinished_text() const {
  auto rest = lines_.rest();
  // Text does not begin with a bracket or, within a document, with anything.
  auto words = trimmed(rest);
  auto may_be_json =
      !open_.empty() || words.starts_with('{') || words.starts_with('[')
      || words.starts_with(byte_order_mark) || words.starts_with('\x1B');
  return may_be_json ? std::string_view{} : rest;
}

void document_reader::on_line(output_line line, document_sink& sink) {
  if (!std::exchange(first_line_seen_, true)
      && line.text.starts_with(byte_order_mark)) {
    line.text.erase(0, byte_order_mark.size());
    line.length -= byte_order_mark.size();
  }
  auto is_cut = line.is_cut();
  auto length = line.length;
  auto text = without_decoration(std::move(line.text));
  if (is_cut) {
    give_up(sink);
    return sink.on_text(text, length);
  }
  if (open_.empty())
    return begin(text, length, sink);
  go_on(text, sink);
}

void document_reader::begin(std::string_view words, std::size_t length,
                            document_sink& sink) {
  if (!looks_like_json(words))
    return sink.on_text(words, length);
  outline_ = {};
  outline_.feed(words);
  if (!outline_.is_broken() && !outline_.is_complete()) {
    open_ = words;
    open_ += '\n';
    return;
  }
  auto x = parse_agent_json(repair_utf8(words));
  if (!x.is_discarded())
    sink.on_document(x);
  else if (outline_.ends_in_string())
    sink.on_fragment(length);
  else
    sink.on_text(words, length);
}

void document_reader::go_on(std::string_view words, document_sink& sink) {
  if (interrupts(words, sink))
    return;
  outline_.feed(words);
  open_ += words;
  open_ += '\n';
  if (outline_.is_broken() || open_.size() > max_document)
    return give_up(sink);
  if (!outline_.is_complete())
    return;
  auto x = parse_agent_json(repair_utf8(open_));
  if (x.is_discarded())
    return give_up(sink);
  open_.clear();
  sink.on_document(x);
}

/// Whether the line is a message of its own: whatever was open will never be
/// complete. The elements of an array do not count; they follow a comma.
bool document_reader::interrupts(std::string_view words, document_sink& sink) {
  auto before = trimmed(open_);
  auto in_array = before.starts_with('[');
  if (!words.starts_with("{\"") || !words.ends_with('}')
      || (in_array && before.ends_with(',')))
    return false;
  auto x = parse_agent_json(repair_utf8(words));
  if (!member(x, "type").is_string())
    return false;
  // What only looked like the beginning of an array was a line of text.
  if (in_array)
    give_up_as_text(sink);
  else
    give_up(sink);
  sink.on_document(x);
  return true;
}

void document_reader::give_up(document_sink& sink) {
  // If it could have gone on, it is a part of a document. Otherwise it is text
  // that began with a bracket.
  auto is_part = !outline_.is_broken() || outline_.ends_in_string();
  if (!is_part)
    return give_up_as_text(sink);
  if (auto length = std::exchange(open_, {}).size(); length > 0)
    sink.on_fragment(length);
}

void document_reader::give_up_as_text(document_sink& sink) {
  auto text = std::exchange(open_, {});
  if (text.size() > max_progress_text)
    return sink.on_fragment(text.size());
  std::string_view rest = text;
  while (!rest.empty()) {
    auto end = rest.find('\n');
    sink.on_text(rest.substr(0, end), end);
    rest.remove_prefix(end + 1);
  }
}

} // namespace bridgekeeper::app
