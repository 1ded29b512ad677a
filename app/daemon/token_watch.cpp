#include "app/daemon/token_watch.hpp"

#include <spdlog/spdlog.h>

#include <iostream>
#include <stdexcept>
#include <unistd.h>

namespace bridgekeeper::app {

token_watch::token_watch(const config& values, data_dir& dir,
                         daemon_threads& threads)
  : dir_(dir), threads_(threads), data_dir_name_(values.server.data_dir),
    source_(values, make_token(values)) {}

std::optional<std::string> token_watch::make_token(const config& values) {
  const auto& auth = values.auth;
  if (!auth.tokens.empty() || auth.token_file || !auth.make_token)
    return std::nullopt;
  auto made = dir_.token();
  if (made.fresh)
    fresh_token_ = made.text;
  return made.text;
}

void token_watch::load() {
  auto loaded = source_.load();
  if (!loaded.errors.empty()) {
    std::string text = "The file of scoped tokens cannot be used:\n";
    for (const auto& error : loaded.errors)
      text += "  " + error + "\n";
    throw std::runtime_error(text
                             + "Set that right and start again; "
                               "docs/tokens.md has the format.");
  }
  table_ = loaded.table;
}

void token_watch::tell_fresh_token() {
  if (!fresh_token_)
    return;
  std::cout << "No token was configured, so one was made";
  // What is no terminal may be a log, which is told no secrets.
  if (::isatty(STDOUT_FILENO) == 1)
    std::cout << ":\n\n    " << *fresh_token_ << "\n\nIt";
  else
    std::cout << ". It";
  std::cout << " is kept in " << data_dir_name_
            << "/token, where bridgekeeper's own commands find it."
            << std::endl;
  fresh_token_.reset();
}

void token_watch::review() {
  if (source_.changed())
    reload();
  auto now = protocol::wall_clock_now();
  if (table()->any_expires(reviewed_, now))
    install();
  reviewed_ = now;
}

void token_watch::reload() {
  auto loaded = source_.load();
  for (const auto& error : loaded.errors)
    spdlog::error("{}", error);
  if (!loaded.errors.empty())
    spdlog::error("scoped tokens stay as they were until their file is right");
  table_ = loaded.table;
  spdlog::info("tokens read again: {} now count", loaded.table->size());
  install();
}

void token_watch::change_source(const config& values) {
  source_.change(values, make_token(values));
}

void token_watch::install() {
  threads_.on_every_one([table = table()](actors::thread_context& context) {
    actors::replace_tokens(context, table);
  });
}

} // namespace bridgekeeper::app
