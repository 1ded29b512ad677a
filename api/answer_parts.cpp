#include "api/answer_parts.hpp"

#include "api/control_answers.hpp"
#include "protocol/event_json.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/record_json.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace bridgekeeper::api {

using protocol::json_writer;

namespace {

/// Generates a list item by item, with text before and after it.
class list_parts {
public:
  /// An item is text or a shared text. If both are empty, the item is left out.
  struct item {
    std::string text;
    shared_text_ptr shared;
  };

  list_parts(std::string before, std::size_t count,
             std::function<item(std::size_t)> make,
             std::function<std::string(std::size_t)> after)
    : pending_(std::move(before)), count_(count), make_(std::move(make)),
      after_(std::move(after)) {}

  std::optional<net::stream_text> operator()() {
    while (at_ < count_) {
      auto x = make_(at_++);
      if (x.text.empty() && !x.shared)
        continue;
      if (written_++ > 0)
        pending_ += ',';
      if (x.shared && x.shared->text.size() >= part_size)
        return net::stream_text{
            std::exchange(pending_, {}), std::move(x.shared), {}};
      pending_ += x.shared ? x.shared->text : x.text;
      if (pending_.size() >= part_size)
        return net::stream_text{std::exchange(pending_, {})};
    }
    if (std::exchange(is_done_, true))
      return std::nullopt;
    pending_ += after_(written_);
    return net::stream_text{std::exchange(pending_, {})};
  }

private:
  std::string pending_;
  std::size_t count_;
  std::function<item(std::size_t)> make_;
  std::function<std::string(std::size_t)> after_;
  std::size_t at_ = 0;
  std::size_t written_ = 0;
  bool is_done_ = false;
};

net::part_source to_source(list_parts parts) {
  return [shared = std::make_shared<list_parts>(std::move(parts))] {
    return (*shared)();
  };
}

answer_budget::load load_of(const std::vector<agent_view>& agents) {
  answer_budget::load out;
  out.own = part_cost;
  for (const auto& x : agents)
    out.own += footprint(x);
  return out;
}

} // namespace

answer_body agents_body(agent_list agents) {
  auto load = load_of(*agents);
  auto count = agents->size();
  list_parts parts{R"({"agents":[)", count,
                   [agents](std::size_t i) {
                     return list_parts::item{to_json((*agents)[i]), {}};
                   },
                   [count](std::size_t) {
                     return "],\"total\":" + std::to_string(count) + '}';
                   }};
  return {to_source(std::move(parts)), std::move(load)};
}

answer_body agent_page_body(const agent_page& page) {
  auto load = load_of(*page.agents);
  auto next = page.next ? std::optional{page.next->str()}
                        : std::optional<std::string>{};
  // The members that follow the list, without the opening brace.
  auto rest = json_writer{}
                  .number("total", static_cast<std::int64_t>(page.total))
                  .nullable("next", next)
                  .finish()
                  .substr(1);
  list_parts parts{R"({"agents":[)", page.agents->size(),
                   [agents = page.agents](std::size_t i) {
                     return list_parts::item{to_json((*agents)[i]), {}};
                   },
                   [rest](std::size_t) { return "]," + rest; }};
  return {to_source(std::move(parts)), std::move(load)};
}

answer_body bridge_status_body(agent_list agents) {
  auto load = load_of(*agents);
  auto connected =
      std::count_if(agents->begin(), agents->end(),
                    [](const agent_view& x) { return x.connected; });
  list_parts parts{
      "{\"connected_count\":" + std::to_string(connected) + ",\"agents\":[",
      agents->size(),
      [agents](std::size_t i) {
        const auto& x = (*agents)[i];
        return list_parts::item{
            x.connected ? bridge_status_json(x) : std::string{}, {}};
      },
      [](std::size_t) { return std::string{"]}"}; }};
  return {to_source(std::move(parts)), std::move(load)};
}

answer_body filtered_body(const event_filter& filter,
                          const std::vector<event_ptr>& events) {
  // Weak references, so that a slow client does not keep events in memory that
  // the history has forgotten.
  auto chosen = std::make_shared<std::vector<std::weak_ptr<const event>>>();
  answer_budget::load load;
  load.own = part_cost;
  for (const auto& x : filter.choose(events)) {
    chosen->push_back(x);
    // A large event is a part of its own.
    load.own = std::max(load.own, part_cost + footprint(*x));
  }
  load.own += chosen->size() * sizeof(event);
  list_parts parts{R"({"events":[)", chosen->size(),
                   [chosen](std::size_t i) {
                     list_parts::item out;
                     if (auto x = (*chosen)[i].lock())
                       out.shared = protocol::text_of(*x);
                     return out;
                   },
                   [filter](std::size_t count) {
                     return "],\"total\":" + std::to_string(count)
                            + ",\"filters_applied\":" + to_json(filter) + '}';
                   }};
  return {to_source(std::move(parts)), std::move(load)};
}

answer_body record_body(dispatch_record record, std::string_view more) {
  answer_budget::load load;
  load.own =
      part_cost + more.size() + (record.why ? record.why->detail.size() : 0);
  load.shared = record.result;
  load.shared_bytes = record.result ? footprint(*record.result) : 0;
  auto location = "/control/dispatches/" + record.message.str();
  auto slices = std::make_shared<protocol::json_slices>(protocol::slices_of(
      std::make_shared<const dispatch_record>(std::move(record)), more));
  auto next = [slices]() -> std::optional<net::stream_text> {
    auto slice = slices->next(part_size);
    if (!slice)
      return std::nullopt;
    return net::stream_text{std::move(*slice)};
  };
  return {next, std::move(load), std::move(location)};
}

std::string whole(const net::part_source& parts) {
  std::string out;
  while (auto x = parts())
    out += whole_text(*x);
  return out;
}

std::string whole_text(const net::stream_text& x) {
  return x.head + (x.body ? x.body->text : std::string{}) + x.tail;
}

} // namespace bridgekeeper::api
