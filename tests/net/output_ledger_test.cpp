#include "net/output_ledger.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace bridgekeeper;
using net::output_ledger;

namespace {

/// Readers by name, and who was told to leave.
struct readers {
  explicit readers(std::size_t budget)
    : ledger(std::make_shared<output_ledger>(budget)) {}

  std::unique_ptr<output_ledger::account> enter(const std::string& name) {
    return std::make_unique<output_ledger::account>(
        ledger, [this, name] { told += name + ' '; });
  }

  std::shared_ptr<output_ledger> ledger;
  std::string told;
};

} // namespace

TEST_CASE("while there is room nobody has to leave") {
  readers aut{100};
  auto a = aut.enter("a");
  auto b = aut.enter("b");
  a->owe(60, 0);
  b->owe(40, 0);
  CHECK(aut.ledger->total() == 100);
  CHECK(aut.told.empty());
}

TEST_CASE("over the budget the reader for whom most waits goes first") {
  readers aut{100};
  auto a = aut.enter("a");
  auto b = aut.enter("b");
  auto c = aut.enter("c");
  a->owe(30, 0);
  b->owe(50, 0);
  c->owe(40, 0);
  CHECK(aut.told == "b ");
  // It is not known yet what its leaving makes free.
  c->owe(45, 0);
  CHECK(aut.told == "b ");
  b.reset();
  CHECK(aut.told == "b ");
  CHECK(aut.ledger->total() == 75);
}

TEST_CASE("the next one goes if that was not enough") {
  readers aut{100};
  auto a = aut.enter("a");
  auto b = aut.enter("b");
  a->owe(90, 0);
  b->owe(80, 0);
  REQUIRE(aut.told == "a ");
  b->owe(150, 0);
  a.reset();
  CHECK(aut.told == "a b ");
  b.reset();
  CHECK(aut.ledger->total() == 0);
}

TEST_CASE(
    "what several readers wait for counts once, and as the debt of each") {
  readers aut{100};
  auto a = aut.enter("a");
  auto b = aut.enter("b");
  aut.ledger->add_shared(90);
  a->owe(0, 90);
  b->owe(0, 90);
  CHECK(aut.ledger->total() == 90);
  CHECK(aut.told.empty());
  b->owe(11, 90);
  CHECK(aut.told == "b ");
}

TEST_CASE("a reader that takes what waits makes room") {
  readers aut{100};
  auto a = aut.enter("a");
  auto b = aut.enter("b");
  a->owe(90, 0);
  a->owe(10, 0);
  b->owe(80, 0);
  CHECK(aut.told.empty());
}

TEST_CASE("a smaller budget counts from the next change on") {
  readers aut{100};
  auto a = aut.enter("a");
  a->owe(90, 0);
  aut.ledger->change_budget(50);
  CHECK(aut.told.empty());
  a->owe(91, 0);
  CHECK(aut.told == "a ");
}
