// The power fails while the store is used: what was acknowledged must be on
// record. docs/store.md explains the test.

#define DOCTEST_CONFIG_IMPLEMENT
#include "store/power/promises.hpp"
#include "store/power/recording.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <tuple>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

constexpr std::uint64_t images_a_recording = 10;

/// What the command line says.
std::uint64_t images = 50;
std::uint64_t first_seed = 1;

struct summary {
  /// Images that lack acknowledged batches, and the most batches of one.
  std::uint64_t lossy = 0;
  std::size_t most = 0;
  std::vector<std::string> violations;

  [[nodiscard]] bool mentions(std::string_view text) const {
    return std::any_of(violations.begin(), violations.end(), [&](auto& x) {
      return x.find(text) != std::string::npos;
    });
  }
};

/// Tries the images of so many seeds. Neighbours share a recording.
summary try_images(recording_options options, std::uint64_t count) {
  summary out;
  recording what;
  for (auto seed = first_seed; seed < first_seed + count; ++seed) {
    auto of_plan = seed / images_a_recording;
    if (what.calls.empty() || of_plan != options.seed) {
      options.seed = of_plan;
      what = record(options);
    }
    auto found = find_loss(fail_power(what, seed), what.intended);
    if (found.batches > 0)
      ++out.lossy;
    out.most = std::max(out.most, found.batches);
    if (found.batches > 0 && options.level == store::durability::full)
      found.violations.push_back(std::to_string(found.batches)
                                 + " acknowledged batches are lost");
    for (const auto& x : found.violations)
      out.violations.push_back("seed " + std::to_string(seed) + ": " + x);
  }
  return out;
}

void show(const char* level, const summary& x) {
  std::cout << images << " power failures with durability = " << level << ": "
            << x.lossy << " lose what was acknowledged (at most " << x.most
            << " batches), " << x.violations.size() << " violations\n";
  for (const auto& text : x.violations)
    std::cout << "  " << text << '\n';
  if (!x.violations.empty())
    std::cout << "  again: ./dev crash-test --power-loss --images 1 --seed "
                 "SEED\n";
}

} // namespace

TEST_CASE("with durability = full, a power failure loses nothing that was "
          "acknowledged") {
  auto found = try_images({}, images);
  show("full", found);
  CHECK(found.violations.empty());
}

// If it lost nothing, the test could not tell the two apart.
TEST_CASE("with durability = commit, a power failure loses the newest and "
          "nothing else") {
  auto found = try_images({.level = store::durability::commit}, images);
  show("commit", found);
  CHECK(found.violations.empty());
  if (images >= images_a_recording)
    CHECK(found.lossy > 0);
}

TEST_CASE("the same seed makes the same images") {
  auto shape_of = [](const recording& x) {
    std::vector<std::tuple<disk_call::kind, std::uint64_t, std::size_t>> out;
    for (const auto& call : x.calls)
      out.emplace_back(call.what, call.at, call.data.size());
    return out;
  };
  CHECK(shape_of(record({})) == shape_of(record({})));
}

TEST_CASE("a store that does not wait for the disk is detected") {
  auto found = try_images({.mutation = "no_sync"}, images_a_recording);
  CHECK(found.mentions("acknowledged batches are lost"));
}

TEST_CASE("event numbers that are used again are detected") {
  // The start does not notice that another boot has come between.
  auto found = try_images(
      {.level = store::durability::commit, .is_same_boot = true}, images);
  CHECK(found.mentions("is used again"));
}

/// `--images N` and `--seed S` choose the power failures; all else is
/// doctest's.
int main(int argc, char** argv) {
  doctest::Context context{argc, argv};
  if (argc > 1 && argv[1] == std::string_view{"record"}) {
    // The scratch store asserts that answers arrive.
    context.setAsDefaultForAssertsOutOfTestCases();
    return run_recorded(argc, argv);
  }
  for (int i = 1; i + 1 < argc; ++i)
    if (argv[i] == std::string_view{"--images"})
      images = std::strtoull(argv[i + 1], nullptr, 10);
    else if (argv[i] == std::string_view{"--seed"})
      first_seed = std::strtoull(argv[i + 1], nullptr, 10);
  return context.run();
}
