#include "actors/dispatch_shelf.hpp"

#include <boost/multi_index/hashed_index.hpp>
#include <boost/multi_index/identity.hpp>
#include <boost/multi_index/mem_fun.hpp>
#include <boost/multi_index/member.hpp>
#include <boost/multi_index/ordered_index.hpp>
#include <boost/multi_index/sequenced_index.hpp>
#include <boost/multi_index_container.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace bridgekeeper::actors {

namespace index = boost::multi_index;

namespace {

/// The most dispatches that are remembered as cancelled.
constexpr std::size_t max_cancelled = 1000;

} // namespace

struct dispatch_shelf::shelves {
  /// An item of the shelf. Items are immutable to their container, which is why
  /// what they hold is behind a pointer.
  struct item {
    message_id id;
    agent_id agent;
    /// The order of arrival.
    std::uint64_t number = 0;
    time_point due;
    std::size_t bytes = 0;
    std::unique_ptr<waiting_dispatch> held;

    [[nodiscard]] std::tuple<const std::string&, std::uint64_t>
    place() const noexcept {
      return {agent.str(), number};
    }

    [[nodiscard]] bool is_awaited() const noexcept {
      return held->entry.life.is_awaited();
    }
  };

  using queue_type = dispatch_queue<const waiting_dispatch*>;

  struct by_id {};
  struct by_place {};
  struct by_due {};

  using place_key = std::tuple<const std::string&, std::uint64_t>;

  using item_set = index::multi_index_container<
      item, index::indexed_by<
                index::hashed_unique<index::tag<by_id>,
                                     index::member<item, message_id, &item::id>,
                                     std::hash<message_id>>,
                index::ordered_unique<
                    index::tag<by_place>,
                    index::const_mem_fun<item, place_key, &item::place>>,
                index::ordered_non_unique<
                    index::tag<by_due>,
                    index::member<item, time_point, &item::due>>>>;

  item_set items;
  std::uint64_t last_number = 0;
  /// The items of each agent that are not awaited; no queue is empty.
  std::unordered_map<agent_id, queue_type> queues;
  /// The agents that may still put awaited dispatches here.
  std::set<std::pair<agent_id, incarnation>> holders;
  /// Oldest first.
  index::multi_index_container<
      message_id,
      index::indexed_by<
          index::sequenced<>,
          index::hashed_unique<index::tag<by_id>, index::identity<message_id>,
                               std::hash<message_id>>>>
      cancelled;

  /// The items of one agent.
  [[nodiscard]] auto of(const agent_id& agent) const {
    const auto& all = items.get<by_place>();
    return std::pair{all.lower_bound(place_key{agent.str(), 0}),
                     all.lower_bound(place_key{
                         agent.str(), static_cast<std::uint64_t>(-1)})};
  }

  [[nodiscard]] queue_type* find_queue(const agent_id& agent) {
    auto found = queues.find(agent);
    return found != queues.end() ? &found->second : nullptr;
  }

  void add(item x, time_point now) {
    auto [pos, added] = items.insert(std::move(x));
    if (!added || pos->is_awaited())
      return;
    auto& queue = queues[pos->agent];
    // Retries that have become due since the last look come before this one.
    queue.admit_retries(now);
    queue.push(pos->held->entry.terms(), pos->held.get());
  }

  /// Takes an item out of all containers. `pos` is its position in `all`.
  template <class Index>
  waiting_dispatch extract(Index& all, typename Index::iterator pos) {
    if (auto queue = queues.find(pos->agent); queue != queues.end()) {
      std::ignore = queue->second.extract(pos->id);
      if (queue->second.empty())
        queues.erase(queue);
    }
    auto out = std::move(*pos->held);
    all.erase(pos);
    return out;
  }

  waiting_dispatch extract(const waiting_dispatch& x) {
    auto& all = items.get<by_id>();
    return extract(all, all.find(x.entry.order().task.message));
  }
};

namespace {

/// When a dispatch has waited for too long.
time_point due_of(const waiting_dispatch& x) {
  auto out = std::min(x.entry.end_by, x.lost_by);
  return x.entry.life.is_awaited() ? out : std::min(out, x.entry.start_by);
}

} // namespace

dispatch_shelf::dispatch_shelf() : shelves_(std::make_unique<shelves>()) {}

dispatch_shelf::~dispatch_shelf() = default;

std::optional<waiting_dispatch> dispatch_shelf::put(waiting_dispatch x,
                                                    time_point now) {
  auto held = std::make_unique<waiting_dispatch>(std::move(x));
  const auto& entry = held->entry;
  const auto& order = entry.order();
  shelves::item added{order.task.message, order.task.agent, 0,
                      due_of(*held),      footprint(order), std::move(held)};
  std::lock_guard guard{mutex_};
  if (shelves_->cancelled.get<shelves::by_id>().contains(added.id))
    return std::move(*added.held);
  added.number = ++shelves_->last_number;
  shelves_->add(std::move(added), now);
  count();
  return std::nullopt;
}

std::optional<waiting_dispatch>
dispatch_shelf::take_unassigned(const announcement& agent, time_point now) {
  std::lock_guard guard{mutex_};
  auto* queue = shelves_->find_queue({});
  if (queue == nullptr)
    return std::nullopt;
  auto found = queue->extract_next(now, [&](const waiting_dispatch* x) {
    return covers(agent, x->entry.order().require);
  });
  if (!found)
    return std::nullopt;
  std::optional<waiting_dispatch> out{shelves_->extract(**found)};
  count();
  return out;
}

void dispatch_shelf::count() {
  const auto* queue = shelves_->find_queue({});
  unassigned_.store(queue != nullptr ? queue->size() : 0,
                    std::memory_order_relaxed);
  cancelled_.store(shelves_->cancelled.size(), std::memory_order_relaxed);
}

std::vector<waiting_dispatch> dispatch_shelf::take(const agent_id& agent,
                                                   time_point now) {
  std::vector<waiting_dispatch> out;
  std::lock_guard guard{mutex_};
  auto queue = shelves_->queues.extract(agent);
  if (queue.empty())
    return out;
  out.reserve(queue.mapped().size());
  for (const auto* x : queue.mapped().extract_all()) {
    out.push_back(shelves_->extract(*x));
    auto& not_before = out.back().entry.not_before;
    // The agent's queue keeps its turn then.
    if (not_before <= now)
      not_before = {};
  }
  return out;
}

std::vector<waiting_dispatch> dispatch_shelf::take_awaited(
    const agent_id& agent,
    const std::function<bool(const pending_dispatch&)>& wanted) {
  std::vector<waiting_dispatch> out;
  std::lock_guard guard{mutex_};
  auto [pos, last] = shelves_->of(agent);
  while (pos != last) {
    auto here = pos++;
    if (here->is_awaited() && wanted(here->held->entry))
      out.push_back(
          shelves_->extract(shelves_->items.get<shelves::by_place>(), here));
  }
  return out;
}

void dispatch_shelf::hold(const agent_id& agent, incarnation link) {
  std::lock_guard guard{mutex_};
  shelves_->holders.emplace(agent, link);
}

void dispatch_shelf::release(const agent_id& agent, incarnation link) {
  std::lock_guard guard{mutex_};
  shelves_->holders.erase({agent, link});
}

bool dispatch_shelf::is_held_before(const agent_id& agent,
                                    incarnation link) const {
  std::lock_guard guard{mutex_};
  auto first = shelves_->holders.lower_bound({agent, incarnation{0}});
  return first != shelves_->holders.end() && first->first == agent
         && first->second < link;
}

std::vector<waiting_dispatch> dispatch_shelf::take_overdue(time_point now) {
  std::vector<waiting_dispatch> out;
  std::lock_guard guard{mutex_};
  auto& all = shelves_->items.get<shelves::by_due>();
  while (!all.empty() && all.begin()->due <= now)
    out.push_back(shelves_->extract(all, all.begin()));
  count();
  return out;
}

std::optional<time_point> dispatch_shelf::next_due() const {
  std::lock_guard guard{mutex_};
  const auto& all = shelves_->items.get<shelves::by_due>();
  if (all.empty() || all.begin()->due == time_point::max())
    return std::nullopt;
  return all.begin()->due;
}

dispatch_shelf::load dispatch_shelf::load_of(const agent_id& agent) const {
  load out;
  std::lock_guard guard{mutex_};
  auto [first, last] = shelves_->of(agent);
  for (auto pos = first; pos != last; ++pos) {
    ++out.count;
    out.bytes += pos->bytes;
  }
  return out;
}

std::optional<std::size_t> dispatch_shelf::count_before(const message_id& id,
                                                        time_point now) {
  std::lock_guard guard{mutex_};
  const auto& all = shelves_->items.get<shelves::by_id>();
  auto pos = all.find(id);
  auto* queue = pos != all.end() ? shelves_->find_queue(pos->agent) : nullptr;
  if (queue == nullptr)
    return std::nullopt;
  queue->admit_retries(now);
  return queue->count_before(id);
}

std::size_t dispatch_shelf::size() const {
  std::lock_guard guard{mutex_};
  return shelves_->items.size();
}

std::vector<waiting_dispatch> dispatch_shelf::take_all() {
  std::vector<waiting_dispatch> out;
  std::lock_guard guard{mutex_};
  for (const auto& x : shelves_->items)
    out.push_back(std::move(*x.held));
  shelves_->items.clear();
  shelves_->queues.clear();
  count();
  return out;
}

// -- cancellation -------------------------------------------------------------

std::optional<waiting_dispatch> dispatch_shelf::cancel(const message_id& id) {
  std::optional<waiting_dispatch> out;
  std::lock_guard guard{mutex_};
  auto& all = shelves_->items.get<shelves::by_id>();
  if (auto pos = all.find(id); pos != all.end()) {
    out.emplace(shelves_->extract(all, pos));
  } else {
    shelves_->cancelled.push_back(id);
    if (shelves_->cancelled.size() > max_cancelled)
      shelves_->cancelled.pop_front();
  }
  count();
  return out;
}

bool dispatch_shelf::is_cancelled(const message_id& id) const {
  if (cancelled_.load(std::memory_order_relaxed) == 0)
    return false;
  std::lock_guard guard{mutex_};
  return shelves_->cancelled.get<shelves::by_id>().contains(id);
}

void dispatch_shelf::forget_cancelled(const message_id& id) {
  if (cancelled_.load(std::memory_order_relaxed) == 0)
    return;
  std::lock_guard guard{mutex_};
  shelves_->cancelled.get<shelves::by_id>().erase(id);
  count();
}

bool covers(const announcement& agent,
            const std::vector<std::string>& required) {
  const auto& known = agent.capabilities;
  auto has_label = [&](std::string_view text) {
    auto end = text.find('=');
    if (end == std::string_view::npos)
      return false;
    auto found = agent.labels.find(text.substr(0, end));
    return found != agent.labels.end() && found->second == text.substr(end + 1);
  };
  return std::all_of(required.begin(), required.end(), [&](const auto& x) {
    return std::find(known.begin(), known.end(), x) != known.end()
           || has_label(x);
  });
}

void shelve(thread_context& context, waiting_dispatch x) {
  auto agent = x.entry.order().task.agent;
  auto now = context.deadlines.now();
  if (auto cancelled = context.shelf->put(std::move(x), now))
    return end_cancelled(context, std::move(cancelled->who),
                         std::move(cancelled->entry));
  caf::anon_send(context.core.dispatcher, fetch_atom_v, agent);
}

void cancel_shelved(thread_context& context, const message_id& id) {
  auto found = context.shelf->cancel(id);
  if (!found)
    return;
  found->entry.outcome.move_to(context);
  end_cancelled(context, std::move(found->who), std::move(found->entry));
}

void clear_shelf(thread_context& context) {
  for (auto& x : context.shelf->take_all()) {
    x.entry.outcome.move_to(context);
    if (context.store) {
      x.entry.outcome.drop();
      continue;
    }
    x.entry.life.on_agent_gone(errc::draining);
    end_without_response(context, std::move(x.who), std::move(x.entry),
                         {errc::draining, {}});
  }
}

} // namespace bridgekeeper::actors
