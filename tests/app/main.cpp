#define DOCTEST_CONFIG_IMPLEMENT
#include "app/processes/secrets.hpp"
#include "app/processes/supervisor_process.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string_view>

namespace {

/// For secrets_test.cpp.
void print_environment_without_secrets() {
  bridgekeeper::app::erase_secrets();
  std::cout << std::ifstream{"/proc/self/environ"}.rdbuf() << "\ngetenv: "
            << (std::getenv("BRIDGEKEEPER_TOKEN") ? "some" : "none");
}

} // namespace

int main(int argc, char** argv) {
  // Tests of tasks launch this program as their task supervisor.
  if (auto code = bridgekeeper::app::supervise_if_asked(argc, argv))
    return *code;
  if (argc == 2
      && argv[1] == std::string_view{"print-environment-without-secrets"}) {
    print_environment_without_secrets();
    return 0;
  }
  return doctest::Context{argc, argv}.run();
}
