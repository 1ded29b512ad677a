#include "app/client/client_token.hpp"
#include "app/scratch.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

/// Sets the environment's tokens for as long as it lives, and leaves none.
class environment_tokens {
public:
  explicit environment_tokens(const char* ours, const char* theirs = "") {
    ::setenv("BRIDGEKEEPER_TOKEN", ours, 1);
    ::setenv("VIBEFORGE_AUTH_TOKEN", theirs, 1);
  }

  environment_tokens(const environment_tokens&) = delete;

  environment_tokens& operator=(const environment_tokens&) = delete;

  ~environment_tokens() {
    ::unsetenv("BRIDGEKEEPER_TOKEN");
    ::unsetenv("VIBEFORGE_AUTH_TOKEN");
  }
};

} // namespace

TEST_CASE("the first line that says something is the token") {
  CHECK(first_token("secret") == "secret");
  CHECK(first_token("secret\n") == "secret");
  CHECK(first_token("# mine\n\n  secret \r\nother\n") == "secret");
  CHECK(first_token("").empty());
  CHECK(first_token("\n# nothing\n   \n").empty());
}

TEST_CASE("a file that is named on the command line beats the environment") {
  scratch_file file{"filed\n"};
  environment_tokens both{" ours ", "theirs"};
  CHECK(find_token(file.path(), ".").value() == "filed");
}

TEST_CASE("the environment's token comes before the data directory's") {
  environment_tokens both{" ours ", "theirs"};
  CHECK(find_token("", ".").value() == "ours");
}

TEST_CASE("the reference's variable is honoured after ours") {
  environment_tokens theirs{"", "theirs"};
  CHECK(find_token("", ".").value() == "theirs");
}

TEST_CASE("without a variable the named file's token is taken") {
  scratch_file file{"filed\n"};
  environment_tokens none{""};
  CHECK(find_token(file.path(), ".").value() == "filed");
}

TEST_CASE("a missing token says where one was looked for") {
  environment_tokens none{""};
  auto x = find_token("", "/nonexistent");
  REQUIRE(x.has_error());
  CHECK(x.error().code == errc::missing_token);
  CHECK(to_string(x.error()).find("/nonexistent/token") != std::string::npos);
  auto y = find_token("/nonexistent/mine", ".");
  REQUIRE(y.has_error());
  CHECK(to_string(y.error()).find("/nonexistent/mine") != std::string::npos);
}

TEST_CASE("a directory is no token file, and is named") {
  environment_tokens none{""};
  auto x = find_token("/etc", ".");
  REQUIRE(x.has_error());
  CHECK(x.error().code == errc::missing_token);
  CHECK(to_string(x.error()).find("/etc: it is a directory")
        != std::string::npos);
}

TEST_CASE("a token file that every user can read or change is warned of") {
  scratch_file file{"filed\n"};
  auto warning_at = [&](unsigned mode) {
    std::filesystem::permissions(file.path(), std::filesystem::perms{mode});
    return token_file_warning(file.path());
  };
  CHECK(warning_at(0600).empty());
  CHECK(warning_at(0640).empty());
  CHECK(warning_at(0644).find("can read the token file") != std::string::npos);
  CHECK(warning_at(0666).find("can change") != std::string::npos);
  CHECK(token_file_warning("/dev/null").empty());
}

TEST_CASE("a warning of the token file goes where the caller wants it") {
  scratch_file file{"filed\n"};
  environment_tokens none{""};
  std::filesystem::permissions(file.path(), std::filesystem::perms{0644});
  std::string heard;
  captured_stream errors{std::cerr};
  auto x = find_token(file.path(), ".",
                      [&](const std::string& sentence) { heard = sentence; });
  CHECK(x.value() == "filed");
  CHECK(heard == token_file_warning(file.path()));
  CHECK(errors.text().empty());
  // Commands print it.
  CHECK(find_token(file.path(), ".").value() == "filed");
  CHECK(errors.text() == "warning: " + heard + "\n");
}

TEST_CASE("a token that would break a header is refused and not repeated") {
  environment_tokens broken{"se\rcret"};
  auto x = find_token("", ".");
  REQUIRE(x.has_error());
  CHECK(x.error().code == errc::invalid_token);
  CHECK(to_string(x.error()).find("se\rcret") == std::string::npos);
}
