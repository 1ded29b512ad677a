#include "store/power/recorded_disk.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace bridgekeeper::test {

using kind = disk_call::kind;

namespace {

void write(std::string& content, std::uint64_t at, std::string_view data) {
  content.resize(std::max<std::size_t>(content.size(), at + data.size()));
  content.replace(at, data.size(), data);
}

} // namespace

// -- what the process does ----------------------------------------------------

void recorded_disk::apply(const disk_call& x) {
  auto call = calls_++;
  auto rename = [&](name_change how) {
    change(names_, how);
    unsynced_names_.push_back(std::move(how));
  };
  switch (x.what) {
  case kind::created:
    newest_[x.file] = files_.size();
    rename({call, {}, x.data, files_.size()});
    files_.emplace_back();
    break;
  case kind::written:
  case kind::resized:
    files_.at(newest_.at(x.file)).unsynced.emplace_back(call, &x);
    break;
  case kind::synced: {
    auto& synced = files_.at(newest_.at(x.file));
    for (const auto& [number, what] : synced.unsynced)
      change(synced.durable, *what);
    synced.unsynced.clear();
    break;
  }
  case kind::directory_synced:
    durable_names_ = names_;
    unsynced_names_.clear();
    break;
  case kind::removed:
    rename({call, x.data, {}, names_.at(x.data)});
    break;
  case kind::renamed: {
    auto slash = x.data.find('/');
    auto from = x.data.substr(0, slash);
    rename({call, from, x.data.substr(slash + 1), names_.at(from)});
    break;
  }
  case kind::marked:
    break;
  default:
    throw std::runtime_error{"a record of an unknown kind"};
  }
}

void recorded_disk::change(std::string& content, const disk_call& x) {
  if (x.what == kind::resized) {
    content.resize(x.at);
    return;
  }
  write(content, x.at, x.data);
}

void recorded_disk::change(name_table& names, const name_change& x) {
  names.erase(x.from);
  if (!x.to.empty())
    names[x.to] = x.file;
}

// -- what a power failure leaves ----------------------------------------------

disk_image recorded_disk::after(power_failure& failure) const {
  disk_image out;
  for (const auto& [name, number] : names_after(failure))
    out[name] = content_after(files_[number], failure);
  return out;
}

std::uint64_t recorded_disk::size_after(const file& x, power_failure& failure,
                                        std::size_t& last_call) {
  std::vector<std::size_t> calls;
  std::vector<std::uint64_t> sizes;
  std::uint64_t size = x.durable.size();
  for (const auto& [call, what] : x.unsynced) {
    auto before = size;
    size = what->what == kind::resized
               ? what->at
               : std::max<std::uint64_t>(size, what->at + what->data.size());
    if (size == before)
      continue;
    calls.push_back(call);
    sizes.push_back(size);
  }
  auto kept = failure.survivors(calls);
  last_call = kept == 0 ? 0 : calls[kept - 1];
  return kept == 0 ? x.durable.size() : sizes[kept - 1];
}

std::string recorded_disk::content_after(const file& x,
                                         power_failure& failure) {
  struct history {
    std::vector<std::size_t> calls;
    std::vector<std::pair<std::uint64_t, std::string_view>> pieces;
  };
  std::size_t last_resize = 0;
  auto size = size_after(x, failure, last_resize);
  auto out = x.durable;
  std::map<std::uint64_t, history> sectors;
  for (const auto& [call, what] : x.unsynced) {
    if (what->what == kind::resized) {
      // What was cut off does not come back when the file grows again.
      if (call > last_resize)
        continue;
      out.resize(std::min<std::uint64_t>(out.size(), what->at));
      sectors.erase(sectors.lower_bound((what->at + sector - 1) / sector),
                    sectors.end());
      continue;
    }
    std::string_view rest = what->data;
    for (auto at = what->at; !rest.empty();) {
      auto data = rest.substr(0, sector - at % sector);
      auto& changed = sectors[at / sector];
      changed.calls.push_back(call);
      changed.pieces.emplace_back(at, data);
      rest.remove_prefix(data.size());
      at += data.size();
    }
  }
  for (const auto& [number, changed] : sectors) {
    auto kept = failure.survivors(changed.calls);
    for (std::size_t i = 0; i < kept; ++i)
      write(out, changed.pieces[i].first, changed.pieces[i].second);
  }
  out.resize(size);
  return out;
}

recorded_disk::name_table
recorded_disk::names_after(power_failure& failure) const {
  // A rename changes two names at once, so that what concerns one of them is in
  // order with what concerns the other.
  std::map<std::string, std::string> first;
  auto first_of = [&](std::string x) {
    while (first.contains(x) && first[x] != x)
      x = first[x];
    return first[x] = x;
  };
  for (const auto& x : unsynced_names_)
    if (!x.from.empty() && !x.to.empty())
      first[first_of(x.from)] = first_of(x.to);
  std::map<std::string, std::vector<const name_change*>> changes;
  for (const auto& x : unsynced_names_)
    changes[first_of(x.to.empty() ? x.from : x.to)].push_back(&x);
  auto out = durable_names_;
  for (const auto& [name, list] : changes) {
    std::vector<std::size_t> calls;
    for (const auto* x : list)
      calls.push_back(x->call);
    auto kept = failure.survivors(calls);
    for (std::size_t i = 0; i < kept; ++i)
      change(out, *list[i]);
  }
  return out;
}

} // namespace bridgekeeper::test
