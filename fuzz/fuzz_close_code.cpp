// The bytes of a WebSocket's peer, read in one piece and in two: the close
// frame in them is the same, and so is the answer.

#include "net/close_code_watch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/expect.hpp"

using namespace bridgekeeper;
using namespace bridgekeeper::net;
using bridgekeeper::fuzz::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  auto cut = text.empty() ? 0 : std::min(text.size(), std::size_t{data[0]});
  close_code_watch whole;
  whole.on_received(text);
  close_code_watch parts;
  parts.on_received(text.substr(0, cut));
  parts.on_received(text.substr(cut));
  expect((whole.close() == nullptr) == (parts.close() == nullptr),
         "a close frame is found wherever a read ends");
  if (!whole.close())
    return 0;
  auto code = whole.close()->code;
  expect(code == parts.close()->code
             && whole.close()->reason == parts.close()->reason,
         "a close frame says the same wherever a read ends");
  expect(whole.close()->reason.size() <= 123, "a reason is bounded");
  for (std::string frame : {"\x88\x02\x03\xea", "\x88\x02\xff\xff"}) {
    auto answer = frame;
    whole.correct_answer(answer);
    expect(answer.size() == frame.size(), "an answer keeps its form");
    expect(answer == frame || code == 1014 || code >= 5000,
           "other answers stay as they are");
  }
  return 0;
}
