#include "app/processes/owned_fd.hpp"
#include "app/processes/supervisor_process.hpp"

#include <doctest/doctest.h>

#include <array>
#include <fcntl.h>
#include <optional>
#include <string>
#include <unistd.h>

using namespace bridgekeeper::app;

namespace {

/// Restores descriptor 3, which the test replaces.
class saved_descriptor {
public:
  saved_descriptor() : saved_(::fcntl(3, F_DUPFD_CLOEXEC, 10)) {}

  saved_descriptor(const saved_descriptor&) = delete;

  saved_descriptor& operator=(const saved_descriptor&) = delete;

  ~saved_descriptor() {
    if (saved_.valid())
      ::dup3(saved_.get(), 3, O_CLOEXEC);
    else
      ::close(3);
  }

private:
  owned_fd saved_;
};

std::optional<int> call_as_a_user_would() {
  std::array<std::string, 4> words{"bridgekeeper", "task-supervisor", "a", "b"};
  std::array<char*, 4> args{words[0].data(), words[1].data(), words[2].data(),
                            words[3].data()};
  return supervise_if_asked(4, args.data());
}

} // namespace

TEST_CASE("a user who types the supervisor's command does not become one") {
  saved_descriptor saved;
  ::close(3);
  CHECK_FALSE(call_as_a_user_would());
  // The lowest free number is 3.
  REQUIRE(::open("/dev/null", O_RDWR | O_CLOEXEC) == 3);
  CHECK_FALSE(call_as_a_user_would());
}
