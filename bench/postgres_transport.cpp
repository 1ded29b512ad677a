#include "bench/messages.hpp"
#include "bench/postgres_link.hpp"
#include "bench/receipts.hpp"
#include "bench/transport.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <deque>

namespace bridgekeeper::bench {

namespace {

/// What a bridge would be given to answer under; PostgreSQL needs none.
constexpr std::string_view some_message_id =
    "6f1c1a52-8a0e-4d58-9a6e-2b1f7f0c9d11";

/// A notification may not be longer.
constexpr std::size_t max_notification_bytes = 7'900;

std::size_t to_size(std::string_view text) {
  std::size_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

/// Sends notifications over a connection of its own, one at a time. What is
/// announced meanwhile leaves together.
///
/// Notifications carry only what is already stored, so they need not be
/// durable. They are not sent with the transaction that stores it, because
/// PostgreSQL commits transactions with notifications one after the other.
class announcer {
public:
  announcer(const surroundings& env, const std::string& setup,
            const std::string& listens, const std::string& announces,
            postgres_link::notification_handler on_notification)
    : link_(env, setup + "; SET synchronous_commit = off; LISTEN " + listens,
            std::move(on_notification)) {
    link_.prepare("notify",
                  ("SELECT pg_notify('" + announces + "', $1)").c_str());
    link_.start();
  }

  /// Items end with a line feed.
  void announce(std::string_view item) {
    items_ += item;
    items_ += '\n';
    if (!is_busy_)
      send();
  }

private:
  void send() {
    if (items_.empty())
      return;
    auto end = items_.size();
    if (end > max_notification_bytes)
      end = items_.rfind('\n', max_notification_bytes - 1) + 1;
    is_busy_ = true;
    link_.execute("notify", {items_.substr(0, end).c_str()},
                  [this](const PGresult&) {
                    is_busy_ = false;
                    send();
                  });
    link_.sync();
    items_.erase(0, end);
  }

  postgres_link link_;
  std::string items_;
  bool is_busy_ = false;
};

template <class Function>
void for_each_line(std::string_view text, Function function) {
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    function(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// Two programs, each with a pool of connections and one for notifications: one
/// submits tasks, the other works.
class postgres_transport final : public transport {
public:
  postgres_transport(const surroundings& env, const messages& says,
                     done_handler on_done)
    : transport(std::move(on_done)), env_(env), says_(says),
      receipts_(env.opts.requesters, env.opts.in_flight),
      // What a load left behind that was interrupted would be worked off first.
      requesting_(env, "TRUNCATE task", "results", "tasks",
                  [this](std::string_view x) { take_results(x); }),
      working_(env, "", "tasks", "results",
               [this](std::string_view x) { take_tasks(x); }) {}

  void open(std::function<void()> ready) override {
    for (std::size_t i = 0; i < env_.opts.requesters; ++i) {
      auto& one = requesters_.emplace_back(env_, std::string{});
      one.prepare("submit",
                  "INSERT INTO task (reply, content) VALUES ($1, $2)");
      one.start();
    }
    for (std::size_t i = 0; i < env_.opts.agents; ++i) {
      auto& one = workers_.emplace_back(env_, std::string{});
      one.prepare("begin", "BEGIN");
      one.prepare("claim",
                  "SELECT id, reply, content FROM task WHERE result IS NULL "
                  "ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED");
      one.prepare("finish", "UPDATE task SET result = $2 WHERE id = $1");
      one.prepare("commit", "COMMIT");
      one.start();
      idle_.push_back(i);
    }
    ready();
  }

  void send(std::size_t requester, std::size_t slot,
            std::size_t agent) override {
    scratch_.clear();
    says_.control_dispatch(scratch_, agent, slot);
    auto& one = requesters_[requester];
    auto reply = std::to_string(requester * env_.opts.in_flight + slot);
    one.execute("submit", {reply.c_str(), scratch_.c_str()});
    one.sync([this, requester, slot](const PGresult&) {
      requesting_.announce("1");
      arrived(requester, slot);
    });
  }

private:
  // -- requesters -------------------------------------------------------------

  /// Each line is a number and a result.
  void take_results(std::string_view lines) {
    for_each_line(lines, [this](std::string_view line) {
      auto place = to_size(line);
      arrived(place / env_.opts.in_flight, place % env_.opts.in_flight);
    });
  }

  void arrived(std::size_t requester, std::size_t slot) {
    if (receipts_.add(requester, slot))
      done(requester, slot);
  }

  // -- workers ----------------------------------------------------------------

  void take_tasks(std::string_view lines) {
    for_each_line(lines, [this](std::string_view) { ++unclaimed_; });
    while (unclaimed_ > 0 && !idle_.empty()) {
      auto worker = idle_.back();
      idle_.pop_back();
      append_claim(worker);
      workers_[worker].sync();
    }
  }

  /// The transaction stays open until the result is stored, so a worker that
  /// ends early leaves its task to others.
  void append_claim(std::size_t worker) {
    --unclaimed_;
    workers_[worker].execute("begin");
    workers_[worker].execute(
        "claim", {}, [this, worker](const PGresult& x) { work(worker, x); });
  }

  void work(std::size_t worker, const PGresult& claimed) {
    auto& one = workers_[worker];
    // Rows can be locked for a moment by workers that then skip them. The task
    // is still there, so the claim is repeated.
    if (PQntuples(&claimed) == 0) {
      one.execute("commit");
      ++unclaimed_;
      rest_or_claim(worker);
      return;
    }
    std::string place = PQgetvalue(&claimed, 0, 1);
    scratch_.clear();
    says_.response(scratch_, worker, some_message_id);
    one.execute("finish", {PQgetvalue(&claimed, 0, 0), scratch_.c_str()});
    one.execute("commit", {},
                [this, line = place + ' ' + scratch_](const PGresult&) {
                  working_.announce(line);
                });
    rest_or_claim(worker);
  }

  void rest_or_claim(std::size_t worker) {
    if (unclaimed_ > 0)
      append_claim(worker);
    else
      idle_.push_back(worker);
    workers_[worker].sync();
  }

  surroundings env_;
  const messages& says_;
  std::string scratch_;
  receipts receipts_;
  announcer requesting_;
  announcer working_;
  std::deque<postgres_link> requesters_;
  std::deque<postgres_link> workers_;
  std::vector<std::size_t> idle_;
  /// Tasks that were announced, less those that a worker went for.
  std::size_t unclaimed_ = 0;
};

} // namespace

bool has_postgres() noexcept {
  return true;
}

transport_ptr make_postgres_transport(const surroundings& env,
                                      const messages& says,
                                      transport::done_handler on_done) {
  return std::make_unique<postgres_transport>(env, says, std::move(on_done));
}

} // namespace bridgekeeper::bench
