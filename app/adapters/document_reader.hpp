#pragma once

#include "app/adapters/json_outline.hpp"
#include "app/adapters/line_splitter.hpp"
#include "domain/limits.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Receives what a `document_reader` finds, in order.
class document_sink {
public:
  /// A JSON object or array.
  virtual void on_document(const nlohmann::json& x) = 0;

  /// A line that is not part of a document. `length` is that of the whole line,
  /// of which `line` may be only the beginning.
  virtual void on_text(std::string_view line, std::size_t length) = 0;

  /// JSON that is incomplete, and how long it was.
  virtual void on_fragment(std::size_t length) = 0;

protected:
  ~document_sink() = default;
};

/// Finds the JSON documents in an agent's output: one in a line, or one printed
/// over many lines, with other lines before, after and between them. A byte
/// order mark and escape sequences around a document are ignored. One thread.
class document_reader {
public:
  /// The longest document in bytes.
  static constexpr std::size_t max_document = 16 * mebibyte;

  void feed(std::string_view bytes, document_sink& sink);

  /// Passes on what is left. Called once, at the end of the output.
  void finish(document_sink& sink);

  /// A line that has not ended yet and is not JSON; empty if there is none.
  [[nodiscard]] std::string_view unfinished_text() const;

private:
  void on_line(output_line line, document_sink& sink);
  void begin(std::string_view words, std::size_t length, document_sink& sink);
  void go_on(std::string_view words, document_sink& sink);
  bool interrupts(std::string_view words, document_sink& sink);
  void give_up(document_sink& sink);
  void give_up_as_text(document_sink& sink);

  line_splitter lines_{max_document};
  bool first_line_seen_ = false;
  /// The lines of a document that is not complete.
  std::string open_;
  json_outline outline_;
};

} // namespace bridgekeeper::app
