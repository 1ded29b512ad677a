#include "app/client/interrupt_note.hpp"

#include "app/text/utf8_text.hpp"

#include <csignal>
#include <iostream>
#include <utility>

namespace bridgekeeper::app {

interrupt_note::interrupt_note(boost::asio::io_context& context,
                               std::function<std::string()> text,
                               std::function<void()> last)
  : signals_(context, SIGINT, SIGTERM) {
  signals_.async_wait([this, text = std::move(text),
                       last = std::move(last)](auto error, int number) {
    if (error)
      return;
    std::cerr << text() << std::endl;
    // The default handler ends the process, so the shell sees which signal it
    // was.
    boost::system::error_code ignored;
    signals_.clear(ignored);
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    if (last && number == SIGINT)
      last();
    std::raise(number);
  });
}

void interrupt_note::cancel() {
  signals_.cancel();
}

std::string come_back_note(const std::string& message_id) {
  return "Interrupted; the dispatch continues. Wait for its answer with: "
         "bridgekeeper result "
         + printable(message_id)
         + " --wait\nCancel it with: bridgekeeper cancel "
         + printable(message_id);
}

} // namespace bridgekeeper::app
