#include "app/cli/store_work.hpp"

#include "app/cli/store_place.hpp"
#include "app/cli/store_report.hpp"
#include "app/client/store_request.hpp"
#include "app/files/new_file.hpp"
#include "app/text/quantity.hpp"
#include "app/text/utf8_text.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>
#include <stdexcept>

namespace bridgekeeper::app {

namespace {

namespace fs = std::filesystem;

/// Work that needs the only writer: runs `here`, or has the daemon do it.
exit_code
with_writer(const chosen_store& chosen, const std::string& command,
            const std::string& token_file,
            const std::function<void(store::offline_store&)>& here,
            const std::function<store_answer(const server_access&)>& there) {
  auto place = find_store_place(chosen.data_dir, token_file);
  store_answer answer;
  if (!place)
    answer = {to_exit_code(place.error()), to_string(place.error())};
  else if (place->here)
    here(*place->here);
  else
    answer = there(*place->daemon);
  if (!answer.sentence.empty())
    std::cerr << "bridgekeeper store " << command << ": "
              << printable(answer.sentence) << "\n";
  return answer.code;
}

std::uint64_t size_of_file(const std::string& path) {
  std::error_code error;
  auto out = fs::file_size(path, error);
  return error ? 0 : out;
}

std::uint64_t size_on_disk(const chosen_store& chosen) {
  return size_of_file(chosen.file.path)
         + size_of_file(chosen.file.path + "-wal");
}

} // namespace

exit_code check(const chosen_store& chosen) {
  auto is_intact = true;
  auto show = [&](std::string_view rule,
                  const std::vector<std::string>& findings) {
    std::cout << check_lines(rule, findings) << std::flush;
    is_intact = is_intact && findings.empty();
  };
  show("The pages and indexes of the file are intact",
       store::check_store(chosen.file));
  for (const auto& x : store::check_rows(chosen.file))
    show(x.rule, x.findings);
  if (is_intact)
    std::cout << "The store " << printable(chosen.file.path) << " is intact.\n";
  else
    std::cerr << damage_text(chosen.file.path) << "\n";
  return is_intact ? exit_code::ok : exit_code::failure;
}

exit_code export_lines(const chosen_store& chosen, const std::string& output) {
  std::optional<new_file> file;
  if (!output.empty())
    file.emplace(output);
  auto done = store::export_rows(chosen.file, [&](std::string_view line) {
    if (file) {
      file->write(line);
      file->write("\n");
    } else {
      std::cout << printable_json(line) << "\n";
    }
  });
  if (file)
    file->finish();
  else if (!std::cout.flush())
    throw std::runtime_error{"Standard output cannot be written."};
  if (file)
    std::cerr << done.rows << " rows were exported to " << printable(output)
              << ".\n";
  if (done.lost.empty())
    return exit_code::ok;
  std::cerr << lost_lines(done.lost)
            << "The store is damaged: the rows above could not be read. All "
               "other rows were exported.\n";
  return exit_code::failure;
}

exit_code back_up(const chosen_store& chosen, const std::string& name,
                  const std::string& token_file) {
  // The daemon has a working directory of its own.
  auto target = fs::absolute(name).lexically_normal().string();
  auto start = std::chrono::steady_clock::now();
  auto code = with_writer(
      chosen, "backup", token_file, [&](auto& store) { store.back_up(target); },
      [&](const auto& daemon) { return request_backup(daemon, target); });
  if (code != exit_code::ok)
    return code;
  auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - start);
  std::cout << "The backup " << printable(target)
            << " is complete: " << rounded_size(size_of_file(target)) << " in "
            << format_seconds(seconds{took}) << " s.\n";
  return code;
}

exit_code vacuum(const chosen_store& chosen, const std::string& token_file) {
  auto before = size_on_disk(chosen);
  auto code = with_writer(
      chosen, "vacuum", token_file, [](auto& store) { store.vacuum(); },
      [](const auto& daemon) { return request_vacuum(daemon); });
  if (code == exit_code::ok)
    std::cout << "The store " << printable(chosen.file.path)
              << " was vacuumed: " << rounded_size(before) << " before, "
              << rounded_size(size_on_disk(chosen)) << " after.\n";
  return code;
}

exit_code erase(const chosen_store& chosen, const std::string& dispatch,
                const std::string& agent, const std::string& token_file) {
  auto is_dispatch = !dispatch.empty();
  auto whole_id = dispatch;
  auto name = [&] {
    return is_dispatch ? "dispatch " + whole_id : "agent " + agent;
  };
  auto code = with_writer(
      chosen, "erase", token_file,
      [&](auto& store) {
        message_id whole{dispatch};
        auto done = is_dispatch ? store.erase(message_id{dispatch}, whole)
                                : store.erase(agent_id{agent});
        whole_id = whole.str();
        if (done == store::outcome::came_late)
          throw std::runtime_error{"The store has no " + name() + "."};
        if (done == store::outcome::refused)
          throw std::runtime_error{
              is_dispatch ? "The " + name()
                                + " has not ended. Start the daemon "
                                  "and cancel it first."
                          : "The " + name()
                                + " has dispatches that have not ended. Start "
                                  "the daemon and cancel them first."};
      },
      [&](const auto& daemon) {
        return request_erasure(daemon, whole_id, agent);
      });
  if (code == exit_code::ok)
    std::cout << "The " << printable(name()) << " was erased.\n";
  return code;
}

exit_code show_statistics(const chosen_store& chosen, bool as_json) {
  auto figures = store::statistics_of(chosen.file);
  if (as_json)
    std::cout << store_json(figures, chosen.file.path) << "\n";
  else
    std::cout << store_table(figures, chosen.file.path);
  return exit_code::ok;
}

} // namespace bridgekeeper::app
