#include "support/tls_pair.hpp"

#include "net/self_signed.hpp"
#include "support/http_server.hpp"

#include <fstream>
#include <stdexcept>
#include <stdlib.h>

namespace bridgekeeper::test {

tls_pair::tls_pair() {
  auto name =
      (std::filesystem::temp_directory_path() / "bridgekeeper-tls-XXXXXX")
          .string();
  if (::mkdtemp(name.data()) == nullptr)
    throw std::runtime_error("cannot make a scratch directory");
  directory_ = name;
  auto made = net::make_self_signed({"localhost", "127.0.0.1"},
                                    std::chrono::system_clock::now(),
                                    std::chrono::hours{24});
  write("certificate.pem", made.certificate);
  write("key.pem", made.key);
}

tls_pair::~tls_pair() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string tls_pair::write(std::string_view name,
                            std::string_view text) const {
  auto path = directory_ / name;
  std::ofstream{path} << text;
  return path.string();
}

net::listener_options loopback_with(net::tls_context_ptr tls) {
  auto out = loopback();
  out.tls = std::move(tls);
  return out;
}

} // namespace bridgekeeper::test
