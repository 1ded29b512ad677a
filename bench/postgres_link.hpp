#pragma once

#include "bench/load.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <deque>
#include <functional>
#include <initializer_list>
#include <libpq-fe.h>
#include <memory>
#include <string>
#include <string_view>

namespace bridgekeeper::bench {

/// A connection to a PostgreSQL server, in libpq's pipeline mode. Errors are
/// thrown, as by `tcp_link`.
class postgres_link {
public:
  using result_handler = std::function<void(const PGresult&)>;
  using notification_handler = std::function<void(std::string_view payload)>;

  /// Connects before it returns, and executes `setup`, which may be empty.
  postgres_link(const surroundings& env, const std::string& setup,
                notification_handler on_notification = {});

  postgres_link(const postgres_link&) = delete;

  postgres_link& operator=(const postgres_link&) = delete;

  ~postgres_link();

  /// Prepares a statement and returns when it is prepared. Only before `start`.
  void prepare(const char* name, const char* statement);

  /// Begins to read.
  void start();

  /// Appends a prepared statement; `sync` sends it.
  void execute(const char* name,
               std::initializer_list<const char*> parameters = {},
               result_handler on_result = {});

  /// Ends a series of statements and sends it. Outside of a block (`BEGIN`),
  /// the series is one transaction, which has been committed when `on_end` is
  /// called.
  void sync(result_handler on_end = {});

private:
  struct closer {
    void operator()(PGconn* x) const noexcept {
      PQfinish(x);
    }
    void operator()(PGresult* x) const noexcept {
      PQclear(x);
    }
  };

  using descriptor = boost::asio::posix::basic_stream_descriptor<
      boost::asio::io_context::executor_type>;

  void run(const std::string& statement);

  void send_rest();

  void await_bytes();

  void take_results();

  void take_notifications();

  [[noreturn]] void fail(const char* doing) const;

  std::unique_ptr<PGconn, closer> connection_;
  descriptor socket_;
  notification_handler on_notification_;
  /// Of statements and `sync`s without a result so far, in their order.
  std::deque<result_handler> waiting_;
  bool blocked_ = false;
};

} // namespace bridgekeeper::bench
