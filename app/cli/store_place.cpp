#include "app/cli/store_place.hpp"

#include "app/client/client_token.hpp"
#include "app/files/text_file.hpp"
#include "store/dispatches/fault.hpp"

#include <utility>

namespace bridgekeeper::app {

namespace {

result<store_place> in_daemon(const std::string& data_dir,
                              const std::string& token_file,
                              const std::string& daemon_file) {
  auto address = parse_daemon_file(daemon_file);
  if (!address)
    return failure{errc::bad_request,
                   "Cannot use " + data_dir
                       + "/daemon.json: " + to_string(address.error())
                       + " Stop the daemon and run the "
                         "command again."};
  auto token = find_token(token_file, data_dir);
  if (!token)
    return token.error();
  auto tls = find_tls({}, *address);
  if (!tls)
    return tls.error();
  store_place out;
  out.daemon = {std::move(*address), std::move(*token), std::move(*tls)};
  return out;
}

} // namespace

result<store_place> find_store_place(const std::string& data_dir,
                                     const std::string& token_file) {
  try {
    store_place out;
    out.here = std::make_unique<store::offline_store>(
        store::connection_options{data_dir + "/" + store::file_name});
    return out;
  } catch (const store::open_error& problem) {
    if (problem.why() != store::fault::busy)
      throw;
    auto daemon_file = read_text_file(data_dir + "/daemon.json");
    if (!daemon_file)
      throw;
    return in_daemon(data_dir, token_file, *daemon_file);
  }
}

} // namespace bridgekeeper::app
