#include "bench/postgres_link.hpp"

#include <stdexcept>
#include <utility>

namespace bridgekeeper::bench {

namespace {

using boost::system::error_code;

} // namespace

postgres_link::postgres_link(const surroundings& env, const std::string& setup,
                             notification_handler on_notification)
  : connection_(PQconnectdb(("host=127.0.0.1 sslmode=disable user=bench "
                             "dbname=bench port="
                             + std::to_string(env.opts.port))
                                .c_str())),
    socket_(env.io.get_executor()),
    on_notification_(std::move(on_notification)) {
  if (PQstatus(connection_.get()) != CONNECTION_OK)
    fail("connect");
  run(setup);
}

postgres_link::~postgres_link() {
  // libpq closes it.
  if (socket_.is_open())
    socket_.release();
}

void postgres_link::run(const std::string& statement) {
  if (statement.empty())
    return;
  std::unique_ptr<PGresult, closer> result{
      PQexec(connection_.get(), statement.c_str())};
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK)
    fail(statement.c_str());
}

void postgres_link::prepare(const char* name, const char* statement) {
  std::unique_ptr<PGresult, closer> result{
      PQprepare(connection_.get(), name, statement, 0, nullptr)};
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK)
    fail(name);
}

void postgres_link::start() {
  auto connection = connection_.get();
  if (PQsetnonblocking(connection, 1) != 0
      || PQenterPipelineMode(connection) != 1)
    fail("begin a pipeline");
  socket_.assign(PQsocket(connection));
  await_bytes();
}

void postgres_link::execute(const char* name,
                            std::initializer_list<const char*> parameters,
                            result_handler on_result) {
  if (PQsendQueryPrepared(connection_.get(), name,
                          static_cast<int>(parameters.size()),
                          parameters.begin(), nullptr, nullptr, 0)
      != 1)
    fail(name);
  waiting_.push_back(std::move(on_result));
}

void postgres_link::sync(result_handler on_end) {
  if (PQpipelineSync(connection_.get()) != 1)
    fail("send");
  waiting_.push_back(std::move(on_end));
  send_rest();
}

void postgres_link::send_rest() {
  if (blocked_)
    return;
  auto rest = PQflush(connection_.get());
  if (rest < 0)
    fail("send");
  if (rest == 0)
    return;
  blocked_ = true;
  socket_.async_wait(descriptor::wait_write, [this](error_code code) {
    if (code)
      throw std::runtime_error("PostgreSQL: " + code.message());
    blocked_ = false;
    send_rest();
  });
}

void postgres_link::await_bytes() {
  socket_.async_wait(descriptor::wait_read, [this](error_code code) {
    if (code)
      throw std::runtime_error("PostgreSQL: " + code.message());
    if (PQconsumeInput(connection_.get()) != 1)
      fail("receive");
    take_results();
    take_notifications();
    await_bytes();
  });
}

void postgres_link::take_results() {
  while (!waiting_.empty() && !PQisBusy(connection_.get())) {
    std::unique_ptr<PGresult, closer> result{PQgetResult(connection_.get())};
    // The end of one statement's results.
    if (!result)
      continue;
    auto on_result = std::move(waiting_.front());
    waiting_.pop_front();
    switch (PQresultStatus(result.get())) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_PIPELINE_SYNC:
      break;
    default:
      fail("execute");
    }
    if (on_result)
      on_result(*result);
  }
}

void postgres_link::take_notifications() {
  struct freer {
    void operator()(PGnotify* x) const noexcept {
      PQfreemem(x);
    }
  };
  while (true) {
    std::unique_ptr<PGnotify, freer> one{PQnotifies(connection_.get())};
    if (!one)
      return;
    on_notification_(one->extra);
  }
}

void postgres_link::fail(const char* doing) const {
  throw std::runtime_error("PostgreSQL cannot " + std::string{doing} + ": "
                           + PQerrorMessage(connection_.get()));
}

} // namespace bridgekeeper::bench
