#include "app/daemon/token_watch.hpp"

#include "app/files/installation.hpp"
#include "log/log_line.hpp"
#include "net/secret_text.hpp"

#include <iostream>
#include <stdexcept>
#include <unistd.h>

namespace bridgekeeper::app {

token_watch::token_watch(const config& values, data_dir& dir,
                         daemon_threads& threads, descriptor_reserve& reserve,
                         readiness_notes& notes)
  : dir_(dir), threads_(threads), reserve_(reserve), notes_(notes),
    data_dir_name_(values.server.data_dir),
    source_(values, make_token(values)) {}

token_watch::~token_watch() {
  if (!fresh_token_)
    return;
  dir_.remove_token(*fresh_token_);
  net::wipe(*fresh_token_);
}

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
  auto loaded = read();
  if (!loaded.errors.empty()) {
    std::string text = "The file of scoped tokens cannot be used:\n";
    for (const auto& error : loaded.errors)
      text += "  " + error + "\n";
    throw std::runtime_error(
        text + "Correct the file and start the daemon again; "
        + installation{}.page("tokens.md") + " describes the format.");
  }
  tell(loaded);
  table_ = loaded.table;
}

void token_watch::tell_fresh_token() {
  if (!fresh_token_)
    return;
  std::cout << "No token is configured, so the daemon created one";
  // Only a terminal gets the token: any other output may be a log, which must
  // not contain secrets.
  if (::isatty(STDOUT_FILENO) == 1)
    std::cout << ":\n\n    " << *fresh_token_ << "\n\nIt";
  else
    std::cout << ". It";
  std::cout << " is saved in " << data_dir_name_
            << "/token, where the other commands find it." << std::endl;
  net::wipe(*fresh_token_);
  fresh_token_.reset();
}

void token_watch::review() {
  if (source_.changed()) {
    auto loaded = read();
    tell(loaded);
    // While a file cannot be read, the tokens are loaded twice a second. Only
    // changes are passed on.
    if (!loaded.table->is_same_as(*table())) {
      table_ = loaded.table;
      log::info("tokens reloaded: {} valid", loaded.table->size());
      install();
    }
  }
  auto now = wall_clock_now();
  if (table()->any_expires(reviewed_, now))
    install();
  reviewed_ = now;
}

void token_watch::reload() {
  auto loaded = read();
  tell(loaded);
  table_ = loaded.table;
  log::info("tokens reloaded: {} valid", loaded.table->size());
  install();
}

token_source::outcome token_watch::read() {
  descriptor_reserve::loan lent{reserve_};
  return source_.load();
}

void token_watch::tell(const token_source::outcome& loaded) {
  std::string errors;
  for (const auto& error : loaded.errors)
    errors += error + "\n";
  if (scoped_problem_.becomes(errors)) {
    for (const auto& error : loaded.errors)
      log::error("{}", error);
    if (errors.empty())
      log::info("the file of scoped tokens is valid again");
    else
      log::error(
          "the previous scoped tokens stay in use until the file is valid");
    notes_.set("scoped tokens",
               errors.empty() ? ""
                              : "The file of scoped tokens cannot be used: "
                                "the previous tokens stay in use");
  }
  if (plain_problem_.becomes(loaded.unread)) {
    if (loaded.unread.empty())
      log::info("the token file can be read again");
    else
      log::error("{}: the previous tokens stay in use; the daemon retries "
                 "twice a second",
                 loaded.unread);
    notes_.set(
        "plain tokens",
        loaded.unread.empty()
            ? ""
            : "The token file cannot be read: the previous tokens stay in use");
  }
}

void token_watch::change_source(const config& values) {
  source_.change(values, make_token(values));
  // The next reload takes it, whatever becomes of the other settings.
  tell_fresh_token();
}

void token_watch::install() {
  threads_.on_every_one([table = table()](api::thread_context& context) {
    actors::replace_tokens(context, table);
  });
}

} // namespace bridgekeeper::app
