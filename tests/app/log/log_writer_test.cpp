#include "app/log/log_format.hpp"
#include "app/log/log_writer.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <future>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <utility>

using namespace bridgekeeper;
using namespace bridgekeeper::app;
using namespace std::chrono_literals;

namespace {

/// A pipe, whose reading end is read when a test says so.
class log_pipe {
public:
  log_pipe() {
    if (::pipe(ends_) != 0)
      throw std::runtime_error("cannot make a pipe");
    std::signal(SIGPIPE, SIG_IGN);
  }

  ~log_pipe() {
    close_end(0);
    close_end(1);
  }

  [[nodiscard]] log_writer_options options() const {
    log_writer_options out;
    out.descriptor = ends_[1];
    out.on_close = 10ms;
    return out;
  }

  /// Reads until the writing end is closed.
  [[nodiscard]] std::future<std::string> read() const {
    return std::async(std::launch::async, [from = ends_[0]] {
      std::string out(4096, '\0');
      std::string all;
      for (;;) {
        auto size = ::read(from, out.data(), out.size());
        if (size <= 0)
          return all;
        all.append(out, 0, static_cast<std::size_t>(size));
      }
    });
  }

  void close_end(std::size_t i) {
    if (ends_[i] >= 0)
      ::close(std::exchange(ends_[i], -1));
  }

private:
  int ends_[2] = {-1, -1};
};

constexpr int many = 20'000;

/// Far more than a pipe and the queue hold.
void log_much(const log_writer& writer) {
  for (auto i = 0; i < many; ++i)
    writer.logger()->info("line {} {}", i, std::string(100, 'x'));
}

} // namespace

TEST_CASE("what was logged is written by the time the log is drained") {
  log_pipe pipe;
  log_writer writer{pipe.options(), make_json_format()};
  auto text = pipe.read();
  writer.logger()->info("first");
  writer.logger()->warn("second");
  CHECK(writer.drain(10s));
  pipe.close_end(1);
  auto all = text.get();
  CHECK(all.find("first") < all.find("second"));
  CHECK(all.find("second") != std::string::npos);
}

TEST_CASE("who logs does not wait for who reads, and lost lines are counted") {
  log_pipe pipe;
  std::string all;
  {
    log_writer writer{pipe.options(), make_json_format()};
    // Nobody reads: if this waited for anybody, it would wait for ever.
    log_much(writer);
    auto text = pipe.read();
    CHECK(writer.drain(30s));
    pipe.close_end(1);
    all = text.get();
  }
  std::istringstream in{all};
  auto written = 0;
  auto lost = 0;
  std::string last;
  for (std::string line; std::getline(in, line);) {
    last = nlohmann::json::parse(line).at("message");
    if (last.starts_with("line "))
      ++written;
    else
      lost += std::stoi(last);
  }
  CHECK(lost > 0);
  CHECK(written + lost == many);
  CHECK(last.starts_with("line " + std::to_string(many - 1) + " "));
}

TEST_CASE("a log that nobody reads does not keep its writer from ending") {
  log_pipe pipe;
  log_writer writer{pipe.options(), make_json_format()};
  log_much(writer);
  CHECK_FALSE(writer.drain(10ms));
  // The end of the test is the end of the writer.
}

TEST_CASE("a log whose reader is gone is written to nobody") {
  log_pipe pipe;
  log_writer writer{pipe.options(), make_json_format()};
  pipe.close_end(0);
  log_much(writer);
  CHECK(writer.drain(30s));
}

TEST_CASE("only what is to be coloured is coloured") {
  for (auto colours : {false, true}) {
    CAPTURE(colours);
    log_pipe pipe;
    auto options = pipe.options();
    options.colours = colours;
    log_writer writer{options, make_text_format()};
    auto text = pipe.read();
    writer.logger()->info("green");
    CHECK(writer.drain(10s));
    pipe.close_end(1);
    auto all = text.get();
    CHECK((all.find("\x1b[32minfo\x1b[m") != std::string::npos) == colours);
    CHECK((all.find('\x1b') != std::string::npos) == colours);
  }
}
