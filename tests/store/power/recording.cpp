#include "store/power/recording.hpp"

#include "store/dispatches/scratch_store.hpp"

#include <algorithm>
#include <atomic>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <spawn.h>
#include <sstream>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace bridgekeeper::test {

namespace fs = std::filesystem;

// -- marks --------------------------------------------------------------------

std::string told::text() const {
  std::ostringstream out;
  out << static_cast<int>(what) << ' ' << batch << ' ' << event << ' '
      << dispatch;
  return out.str();
}

told told::parse(const std::string& text) {
  std::istringstream in{text};
  told out;
  auto number = 0;
  in >> number >> out.batch >> out.event >> out.dispatch;
  out.what = static_cast<kind>(number);
  return out;
}

namespace {

void mark(const told& x) {
  static auto* write = reinterpret_cast<void (*)(const char*)>(
      ::dlsym(RTLD_DEFAULT, "disk_recorder_mark"));
  if (write == nullptr)
    throw std::runtime_error{"the disk recorder was not loaded"};
  write(x.text().c_str());
}

// -- the recorded process -----------------------------------------------------

std::int64_t dispatch_of(const event& x) {
  auto id = std::visit(
      []<class T>(const T& body) -> std::string {
        if constexpr (std::is_same_v<T, task_dispatched>)
          return body.message.str();
        else if constexpr (std::is_same_v<T, agent_progress>)
          return body.report->message.str();
        else if constexpr (std::is_same_v<T, agent_response>)
          return body.result->message.str();
        else
          return {};
      },
      x.body);
  return std::stoll(id.substr(id.size() - 12));
}

/// One life of a plan. All marks are made on the writer's thread, where they
/// are in order with what it does to the disk.
class recorded_life {
public:
  recorded_life(std::string path, const plan& whole, std::size_t life,
                store::durability level)
    : plan_(whole), life_(plan_.lives[life]), end_(plan_.end_of(life)),
      level_(level) {
    store_.options.file.path = std::move(path);
    store_.on_completion = [this](const store::completion& x) { on_told(x); };
  }

  void run() {
    std::ignore = store_.open();
    if (life_.backs_up)
      back_up();
    for (batch_ = life_.first; batch_ < end_; ++batch_)
      submit(plan_.batches[batch_]);
    store_.close();
  }

private:
  void back_up() {
    auto target =
        fs::path{store_.path()}.parent_path().string() + "/" + backup_file;
    std::atomic<bool> is_done{false};
    store_->writer().back_up(target, [&](const auto& problem) {
      if (problem)
        throw std::runtime_error{"no backup: " + problem->detail};
      mark({told::kind::backup});
      is_done = true;
    });
    store_.wait_until([&] { return is_done.load(); });
  }

  void submit(const std::vector<step>& steps) {
    std::vector<store::operation_body> operations;
    for (const auto& x : steps)
      operations.push_back(operation_of(x));
    told_ = 0;
    for (auto token : store_.submit(std::move(operations), level_))
      store_.wait(token);
  }

  void on_told(const store::completion& x) {
    const auto& steps = plan_.batches[batch_];
    const auto& which = steps[told_];
    auto wanted = which.what == step::kind::late ? store::outcome::kept_late
                                                 : store::outcome::applied;
    if (x.what != wanted)
      throw std::runtime_error{"batch " + std::to_string(batch_)
                               + " has an operation that does not apply"};
    if (++told_ < steps.size())
      return;
    auto published = store_.published();
    for (; events_ < published.size(); ++events_) {
      const auto& event = *published[events_];
      mark({told::kind::event, batch_, event.sequence, dispatch_of(event)});
    }
    mark({told::kind::batch, batch_});
    // As `kill -9`: before the writer does anything else.
    if (batch_ + 1 == end_ && !life_.ends_cleanly)
      ::_exit(0);
  }

  const plan& plan_;
  plan::life life_;
  std::size_t end_;
  store::durability level_;
  scratch_store store_;
  std::size_t batch_ = 0;
  std::size_t told_ = 0;
  std::size_t events_ = 0;
};

// -- the process that records -------------------------------------------------

using variables = std::vector<std::string>;

/// Runs this program with these arguments and further environment variables.
void run_self(const std::vector<std::string>& arguments,
              const variables& further) {
  auto pointers = [](const std::vector<std::string>& from) {
    std::vector<char*> out;
    for (const auto& x : from)
      out.push_back(const_cast<char*>(x.c_str()));
    out.push_back(nullptr);
    return out;
  };
  auto all = further;
  for (auto i = ::environ; *i != nullptr; ++i)
    all.emplace_back(*i);
  pid_t child = 0;
  auto error = ::posix_spawn(&child, "/proc/self/exe", nullptr, nullptr,
                             pointers(arguments).data(), pointers(all).data());
  auto status = 0;
  if (error != 0 || ::waitpid(child, &status, 0) != child || status != 0)
    throw std::runtime_error{"the recorded process failed with the status "
                             + std::to_string(error != 0 ? error : status)};
}

} // namespace

int run_recorded(int argc, char** argv) {
  if (argc != 6)
    return 2;
  try {
    auto whole = make_plan(std::stoull(argv[3]));
    auto level = static_cast<store::durability>(std::stoi(argv[5]));
    recorded_life{argv[2], whole, std::stoul(argv[4]), level}.run();
  } catch (const std::exception& problem) {
    std::cerr << "the recorded process: " << problem.what() << '\n';
    return 1;
  }
  return 0;
}

recording record(const recording_options& options) {
  scratch_directory scratch;
  auto root = fs::canonical(scratch.path()).string();
  auto directory = root + "/data";
  fs::create_directory(directory);
  auto boot = root + "/boot_id";
  std::ofstream{boot} << "before the power failure\n";
  variables environment{"LD_PRELOAD=" DISK_RECORDER,
                        "DISK_RECORDER_DIRECTORY=" + directory,
                        "DISK_RECORDER_JOURNAL=" + root + "/journal",
                        "BRIDGEKEEPER_MUTATION=" + options.mutation,
                        // What a killed process leaves is removed, too.
                        "TMPDIR=" + root};
  if (!options.is_same_boot)
    environment.push_back("DISK_RECORDER_BOOT=" + boot);
  recording out{make_plan(options.seed), {}};
  for (std::size_t life = 0; life < out.intended.lives.size(); ++life)
    run_self({"recorded", "record", directory + "/" + store::file_name,
              std::to_string(options.seed), std::to_string(life),
              std::to_string(static_cast<int>(options.level))},
             environment);
  out.calls = read_journal(root + "/journal");
  return out;
}

} // namespace bridgekeeper::test
