#include "app/files/flag_file.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper::app;

using texts = std::vector<std::string>;

TEST_CASE("each key of a flag file is the name of a flag") {
  auto file = parse_flag_file("exec = \"cat -\"\n"
                              "max-tasks = 8\n"
                              "heartbeat = 2.5\n"
                              "capability = [\"rust\", \"review\"]\n"
                              "[label]\n"
                              "gpu = \"a100\"\n"
                              "cores = 8\n");
  CHECK(file.errors.empty());
  REQUIRE(file.settings.size() == 5);
  auto find = [&](std::string_view name) -> const flag_setting& {
    for (const auto& x : file.settings)
      if (x.name == name)
        return x;
    FAIL(name);
    std::abort();
  };
  CHECK(find("exec").values == texts{"cat -"});
  CHECK(find("exec").line == 1);
  CHECK(find("max-tasks").values == texts{"8"});
  CHECK(find("heartbeat").values == texts{"2.5"});
  CHECK(find("capability").values == texts{"rust", "review"});
  CHECK(find("label").values == texts{"cores=8", "gpu=a100"});
}

TEST_CASE("mistakes in a flag file are named by line") {
  auto broken = parse_flag_file("exec = \"cat\nid = 1");
  REQUIRE(broken.errors.size() == 1);
  CHECK(broken.errors[0].line == 1);
  auto nested = parse_flag_file("a = 1\nlabel = [[\"x\"]]\n");
  REQUIRE(nested.errors.size() == 1);
  CHECK(nested.errors[0].line == 2);
  CHECK(nested.errors[0].text.starts_with("label: expected a text"));
  auto absent = read_flag_file("/nonexistent/flags.toml");
  REQUIRE(absent.errors.size() == 1);
  CHECK(absent.errors[0].text == "cannot be read: No such file or directory");
}
