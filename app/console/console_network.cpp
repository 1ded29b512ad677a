#include "app/console/console_network.hpp"

#include <caf/actor_system.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/multiplexer.hpp>
#include <caf/io/scribe.hpp>
#include <caf/node_id.hpp>
#include <caf/send.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <utility>

namespace bridgekeeper::console {

namespace {

/// CAF stores published actors by port. The console is published to one
/// connection at a time and needs no port.
constexpr std::uint16_t no_port = 0;

caf::actor broker_of(caf::actor_system& system) {
  return system.middleman().named_broker<caf::io::basp_broker>(
      caf::atom("BASP"));
}

} // namespace

void publish_over(caf::actor_system& system, int socket,
                  const actors::console_actor& console) {
  caf::anon_send(broker_of(system), caf::publish_atom_v,
                 system.middleman().backend().new_scribe(socket), no_port,
                 caf::actor_cast<caf::strong_actor_ptr>(console),
                 system.message_types(console));
}

caf::expected<actors::console_actor>
find_over(caf::scoped_actor& self, int socket, std::chrono::seconds timeout) {
  auto& system = self->home_system();
  caf::expected<actors::console_actor> out{caf::sec::cannot_connect_to_node};
  self->request(broker_of(system), timeout, caf::connect_atom_v,
                system.middleman().backend().new_scribe(socket), no_port)
      .receive(
          [&](const caf::node_id&, const caf::strong_actor_ptr& found,
              const std::set<std::string>& interface) {
            if (found && system.assignable<actors::console_actor>(interface))
              out = caf::actor_cast<actors::console_actor>(found);
          },
          [&](caf::error& error) { out = std::move(error); });
  return out;
}

} // namespace bridgekeeper::console
