#pragma once

#include "app/processes/owned_fd.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bridgekeeper::app {

/// What the bridge and the task supervisor say to each other. Both run the same
/// program, so packets travel as they are in memory.
enum class packet_kind : std::uint32_t {
  // -- from the bridge --------------------------------------------------------
  /// Starts a task. Comes with four descriptors: the `start_request`, and the
  /// task's standard input, output and error.
  start,
  /// Ends the task's processes. `number` is the time in ms before SIGKILL.
  end,
  /// Kills the task's processes.
  kill,
  /// Leaves the task's processes alone from now on. Its root has exited.
  forget,
  // -- from the supervisor ----------------------------------------------------
  /// The root of the task runs. `number` is its process id, `detail` its start
  /// time.
  started,
  /// The task could not be started. `number` is the error, `detail` the
  /// `start_stage`. Whatever follows for this ticket is ignored.
  failed,
  /// The root has exited. `number` is the wait status.
  exited,
  /// The answer to `end` and `kill`, after `exited`: nothing is left. `number`
  /// is the number of processes that were given up.
  gone,
  /// A sentence for the log, in `text`, about no task in particular.
  note,
};

struct packet {
  packet_kind kind{};
  /// Names the task. Chosen by the bridge; never used twice.
  std::uint64_t ticket = 0;
  std::int64_t number = 0;
  std::uint64_t detail = 0;
  /// At most `max_packet_text` bytes.
  std::string text = {};
};

inline constexpr std::size_t max_packet_text = 1024;
inline constexpr std::size_t max_packet_fds = 4;

/// One end of a SOCK_SEQPACKET socket pair that carries packets and
/// descriptors. Created with `std::make_shared`; pending operations keep the
/// object alive until `close`. Runs on the thread of its `io_context`.
class packet_channel : public std::enable_shared_from_this<packet_channel> {
public:
  struct handlers {
    std::function<void(packet, std::vector<owned_fd>)> on_packet;
    /// The other end has been closed, or is broken. Not called after `close`.
    std::function<void()> on_end;
    /// A packet with descriptors could not be sent, for a reason (an `errno`
    /// value) that waiting does not change; it is dropped. May be called within
    /// `send`. Without this handler, the channel counts as broken.
    std::function<void(std::uint64_t ticket, int error)> on_refused = {};
  };

  /// The interval between two attempts to send while the kernel lacks memory or
  /// has too many descriptors under way.
  static constexpr auto retry_interval = std::chrono::milliseconds{20};

  /// Sends bytes and descriptors through a socket. Returns 0 or an error.
  using transmitter =
      std::function<int(int, const std::string&, const std::vector<owned_fd>&)>;

  /// An empty `transmit` calls sendmsg().
  packet_channel(boost::asio::io_context& context, owned_fd socket,
                 handlers callbacks, transmitter transmit = {});

  void start();

  /// Sends a packet, or queues it if the socket is full.
  void send(const packet& x, std::vector<owned_fd> fds = {});

  /// No handler is called afterwards.
  void close();

private:
  struct outgoing {
    std::uint64_t ticket;
    std::string bytes;
    std::vector<owned_fd> fds;
  };

  void await_packet();
  /// Returns false if there is nothing more to read for now.
  bool receive();
  void flush();
  void flush_after(int error);
  void drop(int error);
  void fail();

  boost::asio::posix::stream_descriptor socket_;
  boost::asio::steady_timer retry_;
  handlers handlers_;
  transmitter transmit_;
  std::deque<outgoing> queue_;
  bool awaits_space_ = false;
  bool closed_ = false;
};

/// Two connected ends that close on exec. Empty, with `errno` set, on failure.
[[nodiscard]] std::pair<owned_fd, owned_fd> make_packet_sockets();

} // namespace bridgekeeper::app
