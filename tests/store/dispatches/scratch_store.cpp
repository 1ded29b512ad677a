#include "store/dispatches/scratch_store.hpp"

#include "store/dispatches/statement.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <stdlib.h>

namespace bridgekeeper::test {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds deadline{20};

} // namespace

scratch_directory::scratch_directory() {
  path_ = fs::temp_directory_path() / "bridgekeeper-store-XXXXXX";
  if (::mkdtemp(path_.data()) == nullptr)
    throw std::runtime_error("cannot make a scratch directory");
}

scratch_directory::~scratch_directory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

store::writer_options scratch_store::small() {
  store::writer_options out;
  out.version = "test";
  out.ballast_bytes = 0;
  return out;
}

scratch_store::scratch_store(store::writer_options x) : options(std::move(x)) {
  options.file.path = directory_.path() + "/" + store::file_name;
}

store::loaded_state scratch_store::open() {
  store::writer_sinks sinks;
  sinks.post = [this](std::uint32_t, std::vector<store::completion> x) {
    if (on_completion)
      std::for_each(x.begin(), x.end(), on_completion);
    std::lock_guard guard{mutex_};
    completions_.insert(completions_.end(), x.begin(), x.end());
    changed_.notify_all();
  };
  sinks.publish = [this](std::vector<event_ptr> x) {
    std::lock_guard guard{mutex_};
    published_.insert(published_.end(), x.begin(), x.end());
    changed_.notify_all();
  };
  sinks.warn = [this](const std::string& x) {
    std::lock_guard guard{mutex_};
    warnings_.push_back(x);
    changed_.notify_all();
  };
  store_.reset();
  auto on_checked = [this](const store::check_outcome& x) {
    std::lock_guard guard{mutex_};
    checked_ = x;
    changed_.notify_all();
  };
  store_ = std::make_unique<store::dispatch_store>(options, std::move(sinks),
                                                   on_checked);
  return store_->start();
}

std::unique_ptr<scratch_store> scratch_store::crashed_copy() const {
  auto out = std::make_unique<scratch_store>(options);
  for (const auto* suffix : {"", "-wal"})
    if (fs::exists(path() + suffix))
      fs::copy_file(path() + suffix, out->path() + suffix);
  return out;
}

std::vector<std::uint64_t>
scratch_store::submit(std::vector<store::operation_body> bodies,
                      store::durability level, std::uint32_t thread) {
  std::vector<store::operation> operations;
  std::vector<std::uint64_t> out;
  for (auto& x : bodies) {
    out.push_back(++last_token_);
    operations.push_back({std::move(x), last_token_, level});
  }
  store_->writer().submit(thread, std::move(operations));
  return out;
}

void scratch_store::wait_until(const std::function<bool()>& is_true) {
  auto end = std::chrono::steady_clock::now() + deadline;
  std::unique_lock guard{mutex_};
  while (!is_true()) {
    REQUIRE(std::chrono::steady_clock::now() < end);
    changed_.wait_for(guard, std::chrono::milliseconds{10});
  }
}

store::completion scratch_store::wait(std::uint64_t token) {
  std::optional<store::completion> out;
  wait_until([&] {
    for (const auto& x : completions_)
      if (x.token == token)
        out = x;
    return out.has_value();
  });
  return *out;
}

store::check_outcome scratch_store::wait_for_check() {
  wait_until([this] { return checked_.has_value(); });
  return *checked_;
}

std::optional<store::completion> scratch_store::find(std::uint64_t token) {
  std::lock_guard guard{mutex_};
  auto i = std::find_if(completions_.begin(), completions_.end(),
                        [&](const auto& x) { return x.token == token; });
  return i == completions_.end() ? std::nullopt : std::optional{*i};
}

std::optional<store::dispatch_details>
scratch_store::history(const message_id& id) {
  auto out = ask<std::optional<store::dispatch_details>>(
      [&](auto done) { store_->reader().history(id, std::move(done)); });
  REQUIRE(out.value);
  return *out.value;
}

store::dispatch_page scratch_store::list(store::dispatch_filter filter) {
  auto out = ask<store::dispatch_page>(
      [&](auto done) { store_->reader().list(filter, std::move(done)); });
  REQUIRE(out.value);
  return *out.value;
}

std::vector<event_ptr> scratch_store::published() {
  std::lock_guard guard{mutex_};
  return published_;
}

std::vector<std::string> scratch_store::wait_for_warnings() {
  wait_until([this] { return !warnings_.empty(); });
  return warnings();
}

std::vector<std::string> scratch_store::warnings() {
  std::lock_guard guard{mutex_};
  return warnings_;
}

std::vector<store::completion> scratch_store::completions() {
  std::lock_guard guard{mutex_};
  return completions_;
}

void scratch_store::execute(const std::string& sql) const {
  SQLite::Database db{path(), SQLite::OPEN_READWRITE, 5'000};
  db.exec(sql);
}

std::int64_t scratch_store::number(const std::string& sql) const {
  SQLite::Database db{path(), SQLite::OPEN_READONLY, 5'000};
  return store::number_of(db, sql.c_str());
}

std::string scratch_store::text(const std::string& sql) const {
  SQLite::Database db{path(), SQLite::OPEN_READONLY, 5'000};
  store::statement query{db, sql};
  return query.start().step() ? query.text(0) : std::string{};
}

// -- operations ---------------------------------------------------------------

namespace {

std::shared_ptr<event> event_of(event::body_type body) {
  auto out = std::make_shared<event>();
  out->agent = agent_id{"alpha"};
  out->session = share(session_id{"s1"});
  out->body = std::move(body);
  return out;
}

} // namespace

std::shared_ptr<event> dispatched(const message_id& id) {
  return event_of(task_dispatched{id, {}});
}

std::shared_ptr<event> responded(const message_id& id,
                                 const std::string& text) {
  return event_of(agent_response{answer_of(id, text)});
}

std::shared_ptr<event> progressed(const message_id& id,
                                  const std::string& text) {
  return event_of(agent_progress{std::make_shared<const progress>(
      progress{id, agent_id{"alpha"}, "running", text, {}})});
}

std::shared_ptr<const response> answer_of(const message_id& id,
                                          const std::string& text) {
  return std::make_shared<const response>(
      response{id, agent_id{"alpha"}, text, {}, {}});
}

std::shared_ptr<const response> failed_answer_of(const message_id& id) {
  response_details details;
  details.agent_session_id = "s-9";
  details.failure = failure_class::rate_limited;
  details.retry_at = timestamp{std::chrono::seconds{1'800'000'000}};
  details.error_detail = "Error: \"limit\"\n";
  details.metadata = json_object{R"({"turns":3})"};
  return std::make_shared<const response>(
      response{id,
               agent_id{"alpha"},
               "half",
               {},
               "boom",
               std::make_shared<const response_details>(std::move(details))});
}

store::insert_dispatch inserted(store::dispatch_number number,
                                const message_id& id, dispatch_state state) {
  store::insert_dispatch out{number, id, agent_id{"alpha"}, session_id{"s1"},
                             state};
  if (state == dispatch_state::sent)
    out.link = incarnation{1};
  out.content = "do it";
  out.events = {dispatched(id)};
  return out;
}

store::end_dispatch completed(store::dispatch_number number,
                              const message_id& id, std::uint16_t attempt) {
  store::end_dispatch out{{number, attempt, store::on_link}};
  out.report.answer = answer_of(id);
  out.events = {responded(id)};
  return out;
}

} // namespace bridgekeeper::test
