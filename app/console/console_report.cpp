#include "app/console/console_report.hpp"

#include "app/text/text_table.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <span>
#include <sstream>
#include <string_view>

namespace bridgekeeper::console {

using std::chrono::milliseconds;

namespace {

/// How many mailboxes are listed besides those of the core actors, and how many
/// handlers.
constexpr std::size_t max_mailboxes = 20;
constexpr std::size_t max_slow = 50;

/// The actors of which a daemon has one.
constexpr std::array<std::string_view, 7> core_actors{
    "supervisor",        "registry", "dispatcher",  "event-hub",
    "heartbeat-monitor", "console",  "audit-trail",
};

bool is_core(const actor_row& x) {
  return std::find(core_actors.begin(), core_actors.end(), x.name)
         != core_actors.end();
}

std::string thread_text(std::optional<std::size_t> thread) {
  return thread ? "io-" + std::to_string(*thread) : "pool";
}

std::string milliseconds_text(std::chrono::microseconds x) {
  std::array<char, 32> buf;
  auto length = std::snprintf(buf.data(), buf.size(), "%.1f ms",
                              static_cast<double>(x.count()) / 1000.0);
  return {buf.data(), static_cast<std::size_t>(length)};
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

} // namespace

/// The second field of statm is the number of resident pages (proc(5)).
std::size_t resident_bytes() {
  std::ifstream in{"/proc/self/statm"};
  std::size_t total = 0;
  std::size_t resident = 0;
  in >> total >> resident;
  return resident * 4096;
}

std::string seconds_text(milliseconds x) {
  std::array<char, 32> buf;
  auto length = std::snprintf(buf.data(), buf.size(), "%.1f s",
                              static_cast<double>(x.count()) / 1000.0);
  return {buf.data(), static_cast<std::size_t>(length)};
}

std::string actors_text(const console_world& world) {
  text_table out{{"NAME", "ID", "THREAD", "MAILBOX", "HANDLED", "AGE"}};
  for (const auto& x : world.actor_stats->rows())
    out.add({x.name, std::to_string(x.id), thread_text(x.thread),
             std::to_string(x.mailbox_depth), std::to_string(x.handled),
             seconds_text(x.age)});
  return out.str();
}

std::string agents_text(const agent_list& agents) {
  text_table out{{"AGENT", "STATUS", "INCARNATION", "SINCE", "WORKDIR"}};
  for (const auto& x : *agents)
    out.add({x.agent.str(),
             std::string{x.connected ? "connected" : "disconnected"}
                 + (x.is_cordoned ? ", cordoned" : ""),
             std::to_string(to_number(x.number)),
             x.connected ? to_iso8601(x.announced->connected_at) : "-",
             x.announced ? x.announced->workdir.value_or("-") : "-"});
  return out.str();
}

std::string duty_text(const agent_id& agent, agent_duty duty,
                      std::uint64_t count) {
  std::string_view what = duty == agent_duty::working    ? "uncordoned"
                          : duty == agent_duty::cordoned ? "cordoned"
                          // It is cordoned and has no link to be closed.
                          : count == 0 && !agent.empty() ? "drained"
                                                         : "draining";
  std::ostringstream out;
  if (agent.empty())
    out << "all agents are " << what << " (" << count << " changed)\n";
  else
    out << agent.str() << " is " << (count == 0 ? "already " : "") << what
        << "\n";
  return out.str();
}

std::string report_text(const agent_report& x) {
  std::ostringstream out;
  out << "agent            " << x.agent.str() << "\n"
      << "incarnation      " << to_number(x.number) << "\n"
      << "thread           io-" << x.thread << "\n"
      << "silent for       " << seconds_text(x.silent_for) << " of "
      << seconds_text(x.silence_allowed) << " allowed\n"
      << "heartbeats       " << x.beats << ", longest of the last gaps "
      << seconds_text(x.longest_gap) << "\n"
      << "to be written    " << x.queued_bytes << " bytes in "
      << x.queued_frames << " frames\n"
      << "slots            " << x.slots << "\n"
      << "waiting          " << x.waiting << "\n"
      << "pending          " << x.pending.size() << "\n";
  for (const auto& dispatch : x.pending)
    out << "  " << dispatch.message.str() << "  age "
        << seconds_text(dispatch.age) << "  remaining "
        << seconds_text(dispatch.remaining) << "\n";
  return out.str();
}

std::string mailboxes_text(const std::vector<actor_row>& actors) {
  std::vector<actor_row> core;
  std::vector<actor_row> others;
  std::size_t waiting = 0;
  for (const auto& x : actors) {
    waiting += x.mailbox_depth;
    if (is_core(x))
      core.push_back(x);
    else if (x.mailbox_depth > 0)
      others.push_back(x);
  }
  std::stable_sort(others.begin(), others.end(),
                   [](const auto& x, const auto& y) {
                     return x.mailbox_depth > y.mailbox_depth;
                   });
  auto left_out =
      others.size() > max_mailboxes ? others.size() - max_mailboxes : 0;
  others.resize(others.size() - left_out);
  text_table out{{"NAME", "OF", "ID", "THREAD", "WAITING"}};
  for (const auto* list : {&core, &others})
    for (const auto& x : *list)
      out.add({x.name, or_dash(x.subject), std::to_string(x.id),
               thread_text(x.thread), std::to_string(x.mailbox_depth)});
  std::ostringstream rest;
  if (left_out > 0)
    rest << left_out << " more actors have messages waiting\n";
  rest << waiting
       << (waiting == 1 ? " message waits for " : " messages wait for ")
       << actors.size() << (actors.size() == 1 ? " actor" : " actors")
       << "; those of a turn in progress count until it ends\n";
  return out.str() + rest.str();
}

std::string slow_text(const std::vector<slow_handler>& handlers,
                      std::uint64_t total) {
  if (handlers.empty())
    return "no handler has taken 1 ms or longer\n";
  text_table out{{"WHEN", "TOOK", "THREAD", "ACTOR", "OF", "ID", "MESSAGE"}};
  auto shown = std::min(handlers.size(), max_slow);
  for (const auto& x : std::span{handlers}.first(shown))
    out.add({to_iso8601(x.at).substr(0, 23), milliseconds_text(x.took),
             thread_text(x.thread), x.actor, or_dash(x.subject),
             std::to_string(x.id), x.message});
  return out.str() + "the newest " + std::to_string(shown) + " of "
         + std::to_string(total) + " since the start\n";
}

std::string threads_text(const console_world& world) {
  text_table out{{"THREAD", "CONNECTIONS", "TURNS", "CPU"}};
  for (const auto& x : world.threads())
    out.add({"io-" + std::to_string(x.index), std::to_string(x.connections),
             std::to_string(x.resumptions), seconds_text(x.cpu)});
  return out.str();
}

std::string stats_text(const console_world& world, std::size_t backlog) {
  text_table out{{"WHAT", "COUNT"}};
  auto row = [&](const char* what, counter counters::*which) {
    std::uint64_t sum = 0;
    for (const auto* x : world.counts)
      sum += (x->*which).value();
    out.add({what, std::to_string(sum)});
  };
  row("registrations", &counters::registrations);
  row("registrations refused", &counters::refused_registrations);
  row("heartbeats", &counters::heartbeats);
  row("dispatches", &counters::dispatches);
  row("responses", &counters::responses);
  row("progress reports", &counters::progress_reports);
  row("dispatches failed", &counters::failed_dispatches);
  row("dispatches that waited", &counters::waits_begun);
  row("retries", &counters::retries);
  row("invalid frames", &counters::invalid_frames);
  row("forged results dropped", &counters::forged_results);
  row("unknown results dropped", &counters::unknown_results);
  row("agents evicted as stale", &counters::evictions);
  row("slow readers dropped", &counters::overflows);
  row("silent clients dropped", &counters::silent_clients);
  row("stalled readers dropped", &counters::stalled_readers);
  row("readers over the budget", &counters::indebted_readers);
  row("HTTP requests", &counters::http_requests);
  row("polls admitted", &counters::polls);
  row("control requests", &counters::control_requests);
  out.add({"events not handled yet", std::to_string(backlog)});
  out.add({"resident memory, bytes", std::to_string(resident_bytes())});
  auto up = std::chrono::duration_cast<milliseconds>(
      std::chrono::steady_clock::now() - world.started);
  out.add({"running for", seconds_text(up)});
  return out.str();
}

} // namespace bridgekeeper::console
