#include "net/http_session.hpp"
#include "support/http_peer.hpp"
#include "support/http_server.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;
using namespace test;

TEST_CASE("a request that has no answer yet comes once more, as it was") {
  auto calls = 0;
  http_server server{
      {[&calls](const http_server::link_ptr& link, const net::http_request& x) {
         if (++calls == 1) {
           link->session->keep_request();
           // Not from within the call.
           link->home->post([link] { link->session->repeat_request(); });
           return;
         }
         link->session->respond(text_answer(std::string{x.method()} + " "
                                            + std::string{x.target()} + " "
                                            + std::string{x.body()}));
       },
       {}}};
  http_peer peer{server.port()};
  peer.write("POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
  CHECK(peer.read_answer().body == "POST /a?b body");
  CHECK(server.requests.take().body == "body");
  CHECK(server.requests.take().body == "body");
  // The next request is another one.
  peer.write("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(peer.read_answer().body == "GET /next ");
}

TEST_CASE("a request that was answered does not come again") {
  http_server server{
      {[](const http_server::link_ptr& link, const net::http_request&) {
         link->session->respond(text_answer("once"));
         link->session->repeat_request();
         link->home->post([link] {
           if (link->session)
             link->session->repeat_request();
         });
       },
       {}}};
  http_peer peer{server.port()};
  peer.get("/");
  CHECK(peer.read_answer().body == "once");
  peer.get("/");
  CHECK(peer.read_answer().body == "once");
  CHECK(server.requests.take().target == "/");
  CHECK(server.requests.take().target == "/");
  CHECK(server.requests.empty());
}

TEST_CASE("a request that is not kept comes again without its body") {
  auto calls = 0;
  http_server server{
      {[&calls](const http_server::link_ptr& link, const net::http_request& x) {
         if (++calls == 1)
           link->home->post([link] { link->session->repeat_request(); });
         else
           link->session->respond(
               text_answer("[" + std::string{x.body()} + "]"));
       },
       {}}};
  http_peer peer{server.port()};
  peer.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
  CHECK(peer.read_answer().body == "[]");
}
