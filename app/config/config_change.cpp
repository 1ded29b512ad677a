#include "app/config/config_change.hpp"

#include <algorithm>

namespace bridgekeeper::app {

namespace {

bool is_same(const option& x, const config& a, const config& b) {
  return std::visit(
      [&](const auto& kind) { return kind.at.read(a) == kind.at.read(b); },
      x.kind);
}

void copy(const option& x, const config& from, config& to) {
  std::visit([&](const auto& kind) { kind.at.write(to, kind.at.read(from)); },
             x.kind);
}

bool is_same_kind_of_tls(const config& a, const config& b) {
  return a.tls.certificate.has_value() == b.tls.certificate.has_value()
         && a.tls.self_signed == b.tls.self_signed;
}

} // namespace

bool config_change::touches(std::string_view section) const {
  return std::any_of(applied.begin(), applied.end(),
                     [&](const option* x) { return x->section == section; });
}

config_change compare(const config& current, const config& wanted) {
  config_change out;
  out.values = wanted;
  auto tls_stays = !is_same_kind_of_tls(current, wanted);
  for (const auto& x : options()) {
    if (is_same(x, current, wanted))
      continue;
    auto stays =
        x.when == takes_effect::at_start || (tls_stays && x.section == "tls");
    if (stays)
      copy(x, current, out.values);
    (stays ? out.left : out.applied).push_back(&x);
  }
  return out;
}

} // namespace bridgekeeper::app
