#include "domain/sha256.hpp"
#include "store/scratch_log.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <filesystem>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace bridgekeeper;
using namespace bridgekeeper::store;
using namespace bridgekeeper::test;

namespace {

nlohmann::json parsed(const std::string& line) {
  return nlohmann::json::parse(line);
}

/// No file grows beyond this while the object lives: the disk is full.
class full_disk {
public:
  explicit full_disk(std::uint64_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit now{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }

  full_disk(const full_disk&) = delete;
  full_disk& operator=(const full_disk&) = delete;

  ~full_disk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
  }

private:
  rlimit before_{};
};

} // namespace

// -- appending ----------------------------------------------------------------

TEST_CASE_FIXTURE(scratch_log, "each line carries the hash of the one before") {
  write(1, 3);
  auto all = lines();
  REQUIRE(all.size() == 3);
  CHECK(parsed(all[0])["prev"] == chain_beginning());
  CHECK(parsed(all[1])["prev"] == parsed(all[0])["hash"]);
  CHECK(parsed(all[2])["prev"] == parsed(all[1])["hash"]);
  CHECK(parsed(all[2])["event"] == "event_3");
}

TEST_CASE_FIXTURE(scratch_log, "a line is in the file when append returns") {
  auto log = open();
  log.append(numbered(1));
  CHECK(lines().size() == 1);
}

TEST_CASE_FIXTURE(scratch_log, "only its owner may read the log") {
  write(1, 1);
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE_FIXTURE(scratch_log, "a directory that is missing is made") {
  path = std::filesystem::path{path}.parent_path() / "deep" / "audit.log";
  write(1, 1);
  CHECK(lines().size() == 1);
}

TEST_CASE_FIXTURE(scratch_log, "a log that cannot be had says what to do") {
  write(1, 1);
  path += "/below-a-file";
  CHECK_THROWS_WITH_AS(
      write(1, 1),
      ("Cannot write the audit log " + path
       + ": Not a directory. Choose another with --audit-log PATH.")
          .c_str(),
      std::runtime_error);
}

TEST_CASE_FIXTURE(scratch_log, "two writers cannot have one log") {
  auto first = open();
  CHECK_THROWS_WITH_AS(
      write(1, 1),
      ("Cannot write the audit log " + path
       + ": another process is writing to it. Choose another with --audit-log "
         "PATH.")
          .c_str(),
      std::runtime_error);
}

// -- restarts -----------------------------------------------------------------

TEST_CASE_FIXTURE(scratch_log, "the chain goes on after a restart") {
  write(1, 2);
  write(3, 4);
  CHECK(lines().size() == 4);
  CHECK(verdict(verify()) == "whole");
}

TEST_CASE_FIXTURE(scratch_log, "a line that a crash cut short stays as "
                               "evidence, and the next accounts for it") {
  write(1, 3);
  auto whole = text();
  for (auto cut : {1U, 40U, 100U, 200U}) {
    CAPTURE(cut);
    overwrite(whole.substr(0, whole.size() - 1 - cut));
    auto piece = lines().back();
    write(4, 5);
    auto all = lines();
    REQUIRE(all.size() == 6);
    CHECK(all[2] == piece);
    auto note = parsed(all[3]);
    CHECK(note["event"] == "audit_resumed");
    CHECK(note["result"] == "failure");
    CHECK(note["prev"] == parsed(all[1])["hash"]);
    CHECK(note["metadata"]["torn_bytes"] == piece.size());
    CHECK(note["metadata"]["torn_sha256"] == sha256_hex(piece));
    auto found = verify();
    CHECK(verdict(found) == "whole");
    REQUIRE(found.remarks.size() == 1);
    CHECK(found.remarks[0].line == 3);
    CHECK(found.lines == 5);
  }
}

TEST_CASE_FIXTURE(scratch_log, "a piece of zeros, as a power cut leaves it, is "
                               "accounted for as well") {
  write(1, 2);
  overwrite(text() + std::string(200, '\0'));
  write(3, 3);
  auto found = verify();
  CHECK(verdict(found) == "whole");
  CHECK(found.remarks.size() == 1);
}

TEST_CASE_FIXTURE(scratch_log, "a line that lacks only its newline is whole") {
  write(1, 2);
  overwrite(text().substr(0, text().size() - 1));
  write(3, 3);
  CHECK(lines().size() == 3);
  auto found = verify();
  CHECK(verdict(found) == "whole");
  CHECK(found.remarks.empty());
}

TEST_CASE_FIXTURE(scratch_log, "the very first line may be torn") {
  overwrite("{\"timest");
  write(1, 1);
  CHECK(verdict(verify()) == "whole");
}

TEST_CASE_FIXTURE(scratch_log, "a last line that somebody changed is not taken "
                               "for torn") {
  write(1, 2);
  auto changed = text();
  changed[changed.size() - 200] ^= 1;
  overwrite(changed);
  write(3, 3);
  CHECK(lines().size() == 3);
  CHECK(verdict(verify())
        == "2: the line was changed: its hash does not match its content");
}

// -- rotation -----------------------------------------------------------------

TEST_CASE_FIXTURE(scratch_log, "a file that would grow too large becomes the "
                               "first backup, and the oldest goes") {
  write(1, 12, 700, 3);
  CHECK(lines(0).size() == 2);
  CHECK(parsed(lines(0).back())["event"] == "event_12");
  CHECK(parsed(lines(1).back())["event"] == "event_10");
  CHECK(lines(3).size() == 2);
  CHECK_FALSE(std::filesystem::exists(name(4)));
}

TEST_CASE_FIXTURE(scratch_log, "the chain goes on across rotations") {
  write(1, 12, 700, 3);
  auto found = verify({3, 2, 1, 0});
  CHECK(verdict(found) == "whole");
  CHECK(found.lines == 8);
}

TEST_CASE_FIXTURE(scratch_log, "the chain goes on where a daemon ended right "
                               "after a rotation") {
  write(1, 2, 700, 3);
  std::filesystem::rename(path, name(1));
  write(3, 3, 700, 3);
  CHECK(verdict(verify({1, 0})) == "whole");
}

TEST_CASE_FIXTURE(scratch_log, "without a size or without backups nothing is "
                               "ever rotated") {
  write(1, 9, 700, 0);
  write(10, 18, 0, 3);
  CHECK(lines().size() == 18);
  CHECK_FALSE(std::filesystem::exists(name(1)));
}

TEST_CASE_FIXTURE(scratch_log, "a log that cannot be rotated grows, and says "
                               "so once") {
  write(1, 1);
  std::filesystem::create_directories(name(1) + "/in-the-way");
  write(2, 9, 700, 1);
  CHECK(lines().size() == 9);
  REQUIRE(told.size() == 1);
  CHECK(told[0].find("cannot be rotated: ") != std::string::npos);
  CHECK(verdict(verify()) == "whole");
}

TEST_CASE_FIXTURE(scratch_log, "a log that somebody moved away goes on in a "
                               "new file") {
  auto log = open();
  log.append(numbered(1));
  std::filesystem::rename(path, name(1));
  log.append(numbered(2));
  CHECK(lines(1).size() == 1);
  CHECK(lines().size() == 1);
  CHECK(verdict(verify({1, 0})) == "whole");
}

// -- full disks ---------------------------------------------------------------

TEST_CASE_FIXTURE(scratch_log, "what a full disk swallows is told of once, and "
                               "counted in the log when there is room again") {
  auto log = open();
  log.append(numbered(1));
  auto size = text().size();
  {
    // Room for a piece of a line: none is left behind.
    full_disk none{size + 50};
    log.append(numbered(2));
    log.append(numbered(3));
  }
  CHECK(text().size() == size);
  CHECK(log.missing() == 2);
  REQUIRE(told.size() == 1);
  CHECK(told[0].find("cannot be written: File too large") != std::string::npos);

  log.append(numbered(4));
  CHECK(log.missing() == 0);
  CHECK(told.size() == 2);
  auto all = lines();
  REQUIRE(all.size() == 3);
  auto gap = parsed(all[1]);
  CHECK(gap["event"] == "audit_gap");
  CHECK(gap["result"] == "failure");
  CHECK(gap["metadata"]["missing"] == 2);
  CHECK(gap["metadata"]["reason"] == "write_failed");
  CHECK(gap["timestamp"] == parsed(all[2])["timestamp"]);
  auto found = verify();
  CHECK(verdict(found) == "whole");
  REQUIRE(found.remarks.size() == 1);
  CHECK(found.remarks[0].line == 2);
}

TEST_CASE_FIXTURE(scratch_log, "entries that never came are told of with the "
                               "next line, or at the end") {
  auto log = open();
  log.count_missing(3, "overflow");
  log.append(numbered(1));
  CHECK(parsed(lines().at(0))["metadata"]["missing"] == 3);
  CHECK(parsed(lines().at(0))["metadata"]["reason"] == "overflow");
  log.count_missing(4, "overflow");
  log.settle({});
  log.settle({});
  CHECK(lines().size() == 3);
}
