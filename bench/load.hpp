#pragma once

#include "bench/options.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <nlohmann/json_fwd.hpp>

#include <memory>

namespace bridgekeeper::bench {

/// What every load needs to know. Outlives it.
struct surroundings {
  const options& opts;
  boost::asio::io_context& io;

  [[nodiscard]] boost::asio::ip::tcp::endpoint server() const {
    return {boost::asio::ip::address_v4::loopback(), opts.port};
  }
};

/// One mode of the generator. Runs on the `io_context` and stops it when it has
/// its figures; throws out of `io_context::run` when it cannot get them.
class load {
public:
  virtual ~load() = default;

  virtual void start() = 0;

  /// Called once, after the `io_context` has stopped.
  [[nodiscard]] virtual nlohmann::ordered_json result() = 0;
};

[[nodiscard]] std::unique_ptr<load> make_echo_load(const surroundings& env);

[[nodiscard]] std::unique_ptr<load> make_storm_load(const surroundings& env);

[[nodiscard]] std::unique_ptr<load> make_idle_load(const surroundings& env);

[[nodiscard]] std::unique_ptr<load> make_sse_load(const surroundings& env);

/// Every other mode; throws where there is none of that name.
[[nodiscard]] std::unique_ptr<load> make_dispatch_load(const surroundings& env);

} // namespace bridgekeeper::bench
