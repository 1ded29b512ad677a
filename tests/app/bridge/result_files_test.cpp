#include "app/bridge/result_files.hpp"
#include "app/scratch_dir.hpp"
#include "protocol/codec.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

using namespace bridgekeeper;
using app::result_files;
using app::scratch_dir;

namespace fs = std::filesystem;

namespace {

const agent_id this_agent{"a"};

std::string frame_of(const std::string& id, const std::string& agent = "a") {
  return protocol::encode(
      response{message_id{id}, agent_id{agent}, "content", {}, {}});
}

void save(result_files& aut, const std::string& id) {
  CHECK(aut.save(message_id{id}, frame_of(id)).empty());
}

std::vector<std::string> load(result_files& aut) {
  std::vector<std::string> out;
  for (const auto& x : aut.load())
    out.push_back(x.message.str());
  return out;
}

/// The names of the files in `directory`, without the lock.
std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> out;
  for (const auto& x : fs::directory_iterator{directory})
    if (x.path().filename() != "lock")
      out.push_back(x.path().filename().string());
  return out;
}

std::string refusal_of(const fs::path& directory) {
  try {
    result_files aut{directory, this_agent};
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return {};
}

} // namespace

TEST_CASE("saved results are loaded again, oldest first") {
  scratch_dir directory;
  {
    result_files earlier{directory.path(), this_agent};
    for (auto id : {"2", "1", "3"}) {
      save(earlier, id);
      // The clock of the file system may be coarse.
      for (const auto& name : names_in(directory.path())) {
        auto path = directory.path() / name;
        fs::last_write_time(path, fs::last_write_time(path)
                                      - std::chrono::seconds{1});
      }
    }
  }
  result_files aut{directory.path(), this_agent};
  CHECK(load(aut) == std::vector<std::string>{"2", "1", "3"});
  CHECK(aut.load()[0].frame == frame_of("2"));
}

TEST_CASE("any wire id makes a file name") {
  scratch_dir directory;
  result_files aut{directory.path(), this_agent};
  auto id = std::string(256, '/');
  save(aut, id);
  CHECK(load(aut) == std::vector{id});
  aut.remove(message_id{id});
  CHECK(names_in(directory.path()).empty());
  // Removing it again is no error.
  aut.remove(message_id{id});
}

TEST_CASE("only the owner can read results") {
  scratch_dir directory;
  auto inner = directory.path() / "new" / "state";
  result_files aut{inner, this_agent};
  save(aut, "1");
  CHECK(fs::status(inner).permissions() == fs::perms::owner_all);
  CHECK(fs::status(inner / names_in(inner).at(0)).permissions()
        == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("files that cannot be read are set aside, and the others loaded") {
  scratch_dir directory;
  std::ofstream{directory.path() / "result-1.json"} << "{";
  std::ofstream{directory.path() / "result-2.json"}
      << R"({"type":"heartbeat","agent_id":"a"})";
  result_files aut{directory.path(), this_agent};
  save(aut, "3");
  CHECK(load(aut) == std::vector<std::string>{"3"});
  CHECK(fs::exists(directory.path() / "result-1.json.unreadable"));
  CHECK(fs::exists(directory.path() / "result-2.json.unreadable"));
  CHECK(load(aut) == std::vector<std::string>{"3"});
}

TEST_CASE("an incomplete file of a crash is removed") {
  scratch_dir directory;
  std::ofstream{directory.path() / "result-1.json.new"} << "{";
  result_files aut{directory.path(), this_agent};
  CHECK(load(aut).empty());
  CHECK(names_in(directory.path()).empty());
}

TEST_CASE("results of other agents, and other files, are left in place") {
  scratch_dir directory;
  std::ofstream{directory.path() / "result-1.json"} << frame_of("1", "b");
  std::ofstream{directory.path() / "notes.txt"} << "mine";
  result_files aut{directory.path(), this_agent};
  CHECK(load(aut).empty());
  CHECK(names_in(directory.path()).size() == 2);
}

TEST_CASE("a result that cannot be written is reported") {
  scratch_dir directory;
  auto inner = directory.path() / "state";
  result_files aut{inner, this_agent};
  fs::remove_all(inner);
  CHECK(aut.save(message_id{"1"}, frame_of("1")).starts_with("cannot write "));
}

TEST_CASE("a state directory is used by one bridge at a time") {
  scratch_dir directory;
  {
    result_files first{directory.path(), this_agent};
    CHECK(refusal_of(directory.path())
              .starts_with("Another bridge is using the state directory "));
  }
  CHECK(refusal_of(directory.path()).empty());
}

TEST_CASE("a state directory must be a directory") {
  scratch_dir directory;
  auto file = directory.path() / "file";
  std::ofstream{file} << "x";
  auto said = refusal_of(file);
  CHECK(said.find(file.string()) != std::string::npos);
  CHECK(said.ends_with("Choose another directory with --state-dir."));
}
