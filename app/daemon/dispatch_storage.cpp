#include "app/daemon/dispatch_storage.hpp"

#include "actors/event_journal.hpp"
#include "actors/store_port.hpp"
#include "app/daemon/dispatch_recovery.hpp"
#include "log/log_line.hpp"
#include "protocol/announcement_json.hpp"
#include "store/dispatches/connection.hpp"
#include "store/dispatches/crash_points.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bridgekeeper::app {

using api::thread_context;

namespace {

agent_view make_view(const store::agent_row& x) {
  agent_view out;
  out.agent = x.id;
  out.name = x.name.empty() ? x.id.str() : x.name;
  out.endpoint_url = x.endpoint_url;
  out.is_cordoned = x.cordoned;
  if (!x.announced.empty())
    out.announced = protocol::decode_announcement(x.id, x.announced);
  if (out.announced)
    out.announced->vitals->last_heartbeat_us =
        x.last_seen.time_since_epoch().count();
  out.away_since = std::chrono::steady_clock::now();
  return out;
}

void tell_what_was_unfinished(
    const std::vector<store::unfinished_dispatch>& all) {
  auto waiting = std::count_if(all.begin(), all.end(), [](const auto& x) {
    return x.row.state == dispatch_state::queued;
  });
  auto sent = static_cast<std::ptrdiff_t>(all.size()) - waiting;
  if (waiting > 0)
    log::info("dispatches that go on waiting for their agents: {}", waiting);
  if (sent > 0)
    log::warn("dispatches whose agents had not responded when the last "
              "daemon ended: {}; they are lost, or tried again",
              sent);
}

/// The store's writer has told of damage. On the check's thread.
void tell_what_was_checked(const store::check_outcome& x) {
  constexpr std::chrono::seconds notable{1};
  if (x.why == store::fault::none)
    log::line(x.took > notable ? log::level::info : log::level::debug, {},
              "the store is intact: the check that follows an unclean end took "
              "{} ms",
              x.took.count());
  else if (x.why != store::fault::corrupt)
    log::warn("the store could not be checked after an unclean end: {}; check "
              "it with: bridgekeeper store check",
              x.detail);
}

} // namespace

dispatch_storage::dispatch_storage(const config& values, const data_dir& dir,
                                   daemon_threads& threads,
                                   daemon_identity& self,
                                   const store::migration_notice& notice)
  : threads_(threads) {
  if (values.store.durability == "none")
    return;
  auto options = make_store_options(values, dir.path_of(store::file_name));
  options.proposed = {self.control_session.str(), self.event_epoch};
  deliveries_.emplace(
      threads.context(0),
      [&thread = threads.thread(0)](auto x) { thread.post(std::move(x)); },
      [&threads](std::uint32_t thread, auto completions) {
        auto pass_on = [&context = threads.context(thread),
                        x = std::move(completions)] {
          // Gone at the end of the daemon.
          if (context.store)
            context.store->complete(x);
        };
        // The deliveries arrive on thread 0: another turn of its loop would
        // only cost a system call.
        if (thread == 0)
          pass_on();
        else
          threads.thread(thread).post(std::move(pass_on));
      });
  store::writer_sinks sinks;
  sinks.post = [this](std::uint32_t thread, auto completions) {
    deliveries_->complete(thread, std::move(completions));
  };
  sinks.publish = [this](auto events) {
    deliveries_->publish(std::move(events));
  };
  sinks.warn = [](const std::string& text) { log::warn("{}", text); };
  store_.emplace(options, std::move(sinks), tell_what_was_checked);
  connect(values);
  loaded_ = store_->start(notice);
  if (!loaded_.identity.control_session.empty())
    self = {session_id{loaded_.identity.control_session},
            loaded_.identity.event_epoch};
  tell_what_was_loaded();
  if (values.store.durability == "full"
      && store::is_in_memory(options.file.path))
    log::warn(
        "the store {} is on a file system in memory and does not survive "
        "a power failure, although store.durability is \"full\": choose a "
        "directory on a disk with --data-dir DIR",
        options.file.path);
}

void dispatch_storage::connect(const config& values) {
  auto level = make_durability(values);
  for (std::size_t i = 0; i < threads_.size(); ++i)
    threads_.context(i).store = std::make_shared<actors::store_port>(
        *store_, *deliveries_, level, i,
        [&thread = threads_.thread(i)](auto x) { thread.post(std::move(x)); });
}

void dispatch_storage::tell_what_was_loaded() const {
  if (auto why = store_->state().trouble.load(); why != store::fault::none)
    log::critical("the store cannot be used ({}): {}; dispatches are "
                  "refused",
                  token(why), sentence(why));
  else
    log::info("store opened (start {}{}); agents: {}, unfinished dispatches: "
              "{}",
              loaded_.epoch, loaded_.was_clean ? "" : ", after an unclean end",
              loaded_.agents.size(), loaded_.unfinished.size());
}

void dispatch_storage::restore(actors::core_memory& memory,
                               control_sessions& sessions,
                               admission& admissions) const {
  if (!store_)
    return;
  for (const auto& x : loaded_.agents)
    memory.known_agents.push_back(make_view(x));
  memory.journal->restore(loaded_.tail, loaded_.last_event);
  for (auto x = loaded_.sessions.rbegin(); x != loaded_.sessions.rend(); ++x)
    if (x->id.str() != loaded_.identity.control_session) {
      sessions.add(x->id);
      memory.journal->open(x->id);
    }
  auto now = wall_clock_now();
  admissions.restore(loaded_.spent_in_session,
                     loaded_.session_since.value_or(now), loaded_.spent_today,
                     now);
  threads_.context(0).spending_since = loaded_.session_since;
}

void dispatch_storage::recover_dispatches(actors::core_memory& memory) {
  if (!store_)
    return;
  auto done = std::make_shared<std::promise<void>>();
  auto unfinished = std::exchange(loaded_.unfinished, {});
  std::unordered_map<agent_id, announcement_ptr> agents;
  for (const auto& x : loaded_.agents)
    agents.emplace(x.id, make_view(x).announced);
  threads_.call_on<void>(0, [&](thread_context& context) {
    for (const auto& x : unfinished) {
      auto agent = agents.find(x.row.agent);
      recover(context, x, agent != agents.end() ? agent->second : nullptr);
      store::crash_point("recovery");
    }
    // Commits keep the order, so everything is recorded once this is.
    context.store->submit(store::reserve_incarnations{},
                          [&memory, done](const store::completion& x) {
                            if (x.what == store::outcome::unknown)
                              return;
                            if (x.what == store::outcome::applied)
                              memory.incarnation =
                                  to_number(x.first_reserved) - 1;
                            done->set_value();
                          });
  });
  // A store in trouble records them when it has recovered.
  auto recorded = done->get_future();
  while (recorded.wait_for(std::chrono::milliseconds{100})
             != std::future_status::ready
         && store_->state().trouble.load() == store::fault::none) {
  }
  tell_what_was_unfinished(unfinished);
  loaded_ = {};
}

void dispatch_storage::check_if_unclean() {
  if (store_ && store_->check_if_unclean())
    log::debug("checking the store, because the last daemon did not end "
               "cleanly");
}

void dispatch_storage::stop() {
  if (store_)
    store_->stop();
}

result<std::optional<message_id>>
dispatch_storage::find_by_short_id(const std::string& text) {
  constexpr std::chrono::seconds timeout{1};
  if (!store_)
    return std::optional<message_id>{};
  using answer = store::answer<store::short_id_match>;
  auto promise = std::make_shared<std::promise<answer>>();
  auto found = promise->get_future();
  store_->reader().short_id(
      text, [promise](answer x) { promise->set_value(std::move(x)); });
  if (found.wait_for(timeout) != std::future_status::ready)
    return failure{errc::unavailable, "the store does not answer in time"};
  auto match = found.get().value;
  if (!match)
    return failure{errc::unavailable, "the store cannot be read"};
  if (match->is_ambiguous)
    return failure{errc::unknown_dispatch,
                   "several dispatches have ids that start or end with \""
                       + text + "\"; give more of the id"};
  return match->id;
}

std::optional<std::size_t> dispatch_storage::waiting_bytes() const {
  if (!store_)
    return std::nullopt;
  return store_->writer().waiting_bytes() + deliveries_->waiting_bytes();
}

} // namespace bridgekeeper::app
