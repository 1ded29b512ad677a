#include "app/adapters/task_output.hpp"

#include "app/adapters/agent_json.hpp"
#include "app/adapters/claude_adapter.hpp"
#include "app/text/utf8_text.hpp"
#include "domain/trimmed.hpp"
#include "domain/utf8.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace bridgekeeper::app {

namespace {

/// Passes documents to an adapter and everything else to the progress.
class adapter_feed final : public document_sink {
public:
  adapter_feed(agent_adapter& adapter, progress_lines& out,
               std::string_view shown = {})
    : adapter_(adapter), out_(out), shown_(shown) {}

  void on_document(const nlohmann::json& x) override {
    adapter_.on_document(x, out_);
  }

  void on_text(std::string_view line, std::size_t length) override {
    adapter_.on_text(line);
    // A line that was shown before it ended is not shown again.
    if (shown_.empty() || line != std::exchange(shown_, {}))
      add_progress(out_, line, {}, length);
  }

  void on_fragment(std::size_t length) override {
    add_described_json(out_, length, "incomplete");
  }

private:
  agent_adapter& adapter_;
  progress_lines& out_;
  std::string_view shown_;
};

std::string omission(std::size_t bytes) {
  return "[" + std::to_string(bytes)
         + " bytes of output before this were omitted]\n";
}

/// The agent's answer, or the end of one that is too long to be passed on.
std::string bounded_answer(const agent_findings& found) {
  std::string_view text = found.answer;
  auto cut = text.size() - std::min(text.size(), agent_findings::max_answer);
  auto omitted = found.answer_omitted + cut;
  if (omitted == 0)
    return repair_utf8(text);
  return omission(omitted)
         + repair_utf8(skip_partial_character(text.substr(cut)));
}

} // namespace

task_output::task_output(task_output_options options)
  : options_(std::move(options)), adapter_(make_adapter(options_.agent)),
    lines_(options_.agent == agent_kind::command ? '{' : '\0') {}

progress_lines task_output::on_stdout(std::string_view bytes) {
  content_.append(bytes);
  progress_lines out;
  if (reads_documents()) {
    auto shown = bytes.find('\n') == std::string_view::npos
                     ? std::string{}
                     : std::exchange(shown_unfinished_, {});
    adapter_feed sink{*adapter_, out, shown};
    documents_.feed(bytes, sink);
  } else if (adapter_) {
    lines_.feed(bytes, out,
                [this](std::string_view line) { adapter_->on_text(line); });
  } else {
    lines_.feed(bytes, out);
  }
  return out;
}

progress_lines task_output::on_stderr(std::string_view bytes) {
  errors_.append(bytes);
  progress_lines out;
  if (options_.errors != stderr_use::drop)
    error_lines_.feed(bytes, out);
  return out;
}

progress_lines task_output::on_quiet() {
  progress_lines out;
  if (options_.errors != stderr_use::drop)
    error_lines_.show_unfinished(out);
  if (!reads_documents()) {
    lines_.show_unfinished(out);
  } else if (auto text = documents_.unfinished_text();
             !text.empty() && text != shown_unfinished_) {
    shown_unfinished_ = text;
    add_progress(out, text);
  }
  return out;
}

task_report task_output::finish(const task_end& end, timestamp now) {
  task_report out;
  if (reads_documents()) {
    adapter_feed sink{*adapter_, out.last_lines, shown_unfinished_};
    documents_.finish(sink);
  } else if (adapter_) {
    adapter_->on_text(lines_.rest());
  } else {
    read_single_report();
  }
  lines_.show_held(out.last_lines);
  if (adapter_)
    adapter_->on_end(end, errors_.view());
  static const agent_findings nothing;
  const auto& found = adapter_ ? adapter_->findings() : nothing;
  auto verdict =
      judge({options_.agent, found, end, content_.view(), errors_.view(), now});
  out.content = found.has_spoken ? bounded_answer(found) : whole_output();
  out.usage = usage_of(found, options_.totals.get(), continued_session());
  out.details = details_of(options_.agent, found, verdict,
                           {options_.session, options_.continues_session},
                           errors_.view());
  out.error = std::move(verdict.error);
  return out;
}

std::string task_output::whole_output() const {
  auto text = repair_utf8(skip_partial_character(content_.view()));
  return content_.dropped() == 0 ? text : omission(content_.dropped()) + text;
}

/// The session that the agent continues under whatever id. Only Claude Code
/// changes the id; with other agents, another id is another session.
const std::string& task_output::continued_session() const noexcept {
  static const std::string none;
  return options_.agent == agent_kind::claude && options_.continues_session
             ? options_.session
             : none;
}

/// Looks for a report of Claude's as the whole output of a command. JSON that
/// is nested too deeply to be passed on is treated as text.
void task_output::read_single_report() {
  // Without its beginning, the output cannot be a report.
  if (content_.dropped() > 0 || !trimmed(content_.view()).starts_with('{'))
    return;
  auto report = parse_agent_json(repair_utf8(content_.view()));
  if (report.is_discarded() || !is_claude_result(report))
    return;
  adapter_ = std::make_unique<claude_adapter>();
  progress_lines unused;
  adapter_->on_document(report, unused);
  lines_.drop_held();
}

} // namespace bridgekeeper::app
