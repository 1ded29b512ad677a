#include "app/bridge/result_files.hpp"

#include "app/files/text_file.hpp"
#include "app/text/utf8_text.hpp"
#include "domain/sha256.hpp"
#include "log/log_line.hpp"
#include "protocol/codec.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <variant>

namespace bridgekeeper::app {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view prefix = "result-";
constexpr std::string_view suffix = ".json";

/// `replace_file` writes to a file with this ending first. After a crash, such
/// a file is incomplete.
constexpr std::string_view unfinished_suffix = ".json.new";

[[noreturn]] void refuse_directory(const std::string& what,
                                   const fs::path& path) {
  throw std::runtime_error("Cannot " + what + " " + path.string() + ": "
                           + std::strerror(errno)
                           + ". Choose another directory with --state-dir.");
}

/// The time of the last change; the earliest possible one if it is unknown.
fs::file_time_type changed_at(const fs::path& path) {
  std::error_code ec;
  auto out = fs::last_write_time(path, ec);
  return ec ? fs::file_time_type::min() : out;
}

struct found_files {
  std::vector<fs::path> results;
  std::vector<fs::path> unfinished;
};

found_files find_files(const fs::path& directory) {
  found_files out;
  std::error_code ec;
  for (fs::directory_iterator i{directory, ec}, end; !ec && i != end;
       i.increment(ec)) {
    auto name = i->path().filename().string();
    if (!name.starts_with(prefix))
      continue;
    if (name.ends_with(unfinished_suffix))
      out.unfinished.push_back(i->path());
    else if (name.ends_with(suffix))
      out.results.push_back(i->path());
  }
  if (ec)
    log::error("cannot list the results in {}: {}", directory.string(),
               ec.message());
  std::vector<std::pair<fs::file_time_type, fs::path>> dated;
  for (auto& path : out.results)
    dated.emplace_back(changed_at(path), std::move(path));
  std::sort(dated.begin(), dated.end());
  out.results.clear();
  for (auto& [at, path] : dated)
    out.results.push_back(std::move(path));
  return out;
}

} // namespace

result_files::result_files(fs::path directory, agent_id agent)
  : directory_(std::move(directory)), agent_(std::move(agent)) {
  std::error_code ec;
  // Only a new directory gets this mode. The owner chose the mode of an
  // existing one.
  if (fs::create_directories(directory_, ec))
    fs::permissions(directory_, fs::perms::owner_all, ec);
  if (ec) {
    errno = ec.value();
    refuse_directory("create the state directory", directory_);
  }
  auto path = directory_ / "lock";
  lock_ = ::open(path.c_str(), O_CREAT | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (lock_ < 0)
    refuse_directory("open", path);
  if (::flock(lock_, LOCK_EX | LOCK_NB) == 0)
    return;
  auto error = errno;
  ::close(lock_);
  errno = error;
  if (error != EWOULDBLOCK)
    refuse_directory("lock", path);
  throw std::runtime_error("Another bridge is using the state directory "
                           + directory_.string()
                           + ". Stop it, or give each bridge its own "
                             "directory with --state-dir.");
}

result_files::~result_files() {
  ::close(lock_);
}

std::vector<result_files::saved_result> result_files::load() {
  auto found = find_files(directory_);
  std::error_code ignored;
  for (const auto& path : found.unfinished)
    fs::remove(path, ignored);
  std::vector<saved_result> out;
  for (const auto& path : found.results) {
    auto text = read_private_file(path);
    if (!text) {
      set_aside(path, std::strerror(errno));
      continue;
    }
    auto message = protocol::decode(*text);
    auto* saved = message ? std::get_if<response>(&*message) : nullptr;
    if (saved == nullptr)
      set_aside(path, "it does not contain a result");
    else if (saved->agent != agent_)
      log::warn("ignored {}: it is a result of agent {}", path.string(),
                printable(saved->agent.str()));
    else
      out.push_back({std::move(saved->message), std::move(*text)});
  }
  return out;
}

std::string result_files::save(const message_id& id, const std::string& frame) {
  auto path = path_of(id);
  if (replace_file(path, frame, file_readers::owner))
    return {};
  return "cannot write " + path.string() + ": " + std::strerror(errno);
}

void result_files::remove(const message_id& id) {
  std::error_code ec;
  fs::remove(path_of(id), ec);
  if (ec)
    log::warn("cannot remove {}: {}", path_of(id).string(), ec.message());
}

/// Wire ids are arbitrary text, so the name of the file is a hash.
fs::path result_files::path_of(const message_id& id) const {
  return directory_
         / (std::string{prefix} + sha256_hex(id.str()) + std::string{suffix});
}

void result_files::set_aside(const fs::path& path, const std::string& why) {
  auto aside = path;
  aside += ".unreadable";
  std::error_code ec;
  fs::rename(path, aside, ec);
  log::error("cannot read the result in {}: {}. {}", path.string(), why,
             ec ? "The file was left in place."
                : "It was renamed to " + aside.filename().string() + ".");
}

} // namespace bridgekeeper::app
