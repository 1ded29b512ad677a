// The head of a request as it comes from the wire, and the rules that it has to
// obey before anybody looks at it.

#include "net/parsed_request.hpp"

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/expect.hpp"

using namespace bridgekeeper;
using namespace bridgekeeper::net;
using bridgekeeper::fuzz::expect;

namespace {

void judge(const parsed_request& request) {
  if (auto fault = request.fault()) {
    expect(fault->code == bridgekeeper::errc::bad_request,
           "a request that breaks the rules is a bad one");
    return;
  }
  auto target = request.target();
  expect(target.starts_with('/') || target.starts_with('?') || target == "*",
         "a target is a path, a query, or the server as a whole");
  expect(target.find('#') == std::string_view::npos,
         "a target has no fragment");
  auto coding = request.header_list("Transfer-Encoding");
  expect(coding.empty() || coding.size() == std::string{"chunked"}.size(),
         "the only coding is chunked");
  if (!request.is_websocket_upgrade() || request.upgrade_fault())
    return;
  expect(request.header("Sec-WebSocket-Version") == "13",
         "there is one version of WebSocket");
  expect(is_websocket_key(request.header_list("Sec-WebSocket-Key")),
         "a WebSocket is opened with one key");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  static const std::string peer = "192.0.2.1";
  std::string_view text{reinterpret_cast<const char*>(data), size};
  expect(!is_valid_host(text) || text.find_first_of("/@ \r\n") == text.npos,
         "a host is only a host");
  parser_type parser;
  parser.header_limit(16 * 1024);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(data, size), error);
  if (!error && parser.is_header_done())
    judge({parser.get(), peer});
  return 0;
}
