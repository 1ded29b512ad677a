#pragma once

#include "app/console/terms.hpp"

#include <caf/node_id.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace bridgekeeper::console {

/// The connected operators: the label of the token with which each of them has
/// passed the gate. An operator is known by the node id of the client program,
/// which the screen ties to the connection (app/console/basp_screen.hpp), so a
/// command can be attributed to the connection that it came from, whichever
/// console session it is sent to. Thread-safe.
class operators {
public:
  /// Adds an operator. Returns false and changes nothing if one with this node
  /// id is connected.
  [[nodiscard]] bool add(const caf::node_id& node, const std::string& label);

  void remove(const caf::node_id& node);

  /// Empty if there is no such operator.
  [[nodiscard]] std::string label_of(const caf::node_id& node) const;

private:
  mutable std::mutex mutex_;
  std::map<caf::node_id, std::string> labels_;
};

/// The place of one connection among the operators, which it leaves when it is
/// destroyed. Used by one thread.
class operator_place {
public:
  operator_place(std::shared_ptr<operators> all, std::string label);
  ~operator_place();
  operator_place(const operator_place&) = delete;
  operator_place& operator=(const operator_place&) = delete;

  /// Takes the place of this node, as its id is written on the wire, unless the
  /// connection has one. Returns false if another connection has it.
  [[nodiscard]] bool take(std::string_view node);

private:
  std::shared_ptr<operators> all_;
  std::string label_;
  caf::node_id node_;
};

/// The node id that is written like this on the wire: its kind, a process id
/// and a host, as the screen has checked it.
[[nodiscard]] caf::node_id read_node(std::string_view wire);

} // namespace bridgekeeper::console
