#pragma once

#include <string>

namespace bridgekeeper::test {

/// A socket that receives datagrams, in place of that of systemd.
class datagram_receiver {
public:
  /// `address` is a path or, after `@`, an abstract name.
  explicit datagram_receiver(const std::string& address);

  datagram_receiver(const datagram_receiver&) = delete;
  datagram_receiver& operator=(const datagram_receiver&) = delete;

  ~datagram_receiver();

  /// The next datagram; `nothing` if none waits. If it carries a file, that is
  /// read instead.
  [[nodiscard]] std::string next();

private:
  int descriptor_;
};

} // namespace bridgekeeper::test
