#include "bench/messages.hpp"

#include "bench/options.hpp"

#include <charconv>
#include <cstdio>

namespace bridgekeeper::bench {

namespace {

std::string filler(std::size_t bytes) {
  constexpr std::string_view words = "look at the tests and mend what fails; ";
  std::string out;
  while (out.size() < bytes)
    out += words;
  out.resize(bytes);
  // White space at the end would be stripped.
  if (!out.empty())
    out.back() = '.';
  return out;
}

std::vector<std::string> agent_names(const options& opts) {
  std::vector<std::string> out;
  for (std::size_t agent = 0; agent < opts.agents; ++agent) {
    char digits[24];
    std::snprintf(digits, sizeof(digits), "%06zu", agent);
    out.push_back(opts.prefix + '-' + digits);
  }
  return out;
}

std::string task(const options& opts) {
  auto out =
      "\"content\":\"" + filler(opts.content_bytes) + "\",\"context\":{}";
  if (opts.timeout_s != 0)
    out += ",\"timeout_s\":" + std::to_string(opts.timeout_s);
  return out;
}

void append_decimal(std::string& out, std::size_t number) {
  char digits[20];
  auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  out.append(digits, end);
}

} // namespace

std::string_view text_after(std::string_view json, std::string_view key) {
  auto begin = json.find(key);
  if (begin == std::string_view::npos)
    return {};
  begin += key.size();
  auto end = json.find('"', begin);
  return end == std::string_view::npos ? std::string_view{}
                                       : json.substr(begin, end - begin);
}

std::size_t number_after(std::string_view text, std::string_view key) {
  auto begin = text.find(key);
  if (begin == std::string_view::npos)
    return absent;
  auto out = absent;
  std::from_chars(text.data() + begin + key.size(), text.data() + text.size(),
                  out);
  return out;
}

messages::messages(const options& opts)
  : names_(agent_names(opts)), token_(opts.token), task_(task(opts)),
    answer_("\",\"content\":\"" + filler(opts.answer_bytes)
            + "\",\"usage\":{\"input_tokens\":812,\"output_tokens\":64},"
              "\"error\":null}"),
    quiet_(opts.quiet) {}

std::string messages::registration(std::size_t agent) const {
  return R"({"type":"register","agent_id":")" + agent_name(agent)
         + R"(","auth_token":")" + token_
         + R"(","capabilities":["code"],"workdir":"/srv/bench",)"
         + R"("metadata":{}})";
}

std::string messages::heartbeat(std::size_t agent) const {
  return R"({"type":"heartbeat","agent_id":")" + agent_name(agent)
         + R"(","timestamp":"2026-01-31T12:00:00.000001+00:00"})";
}

void messages::progress(std::string& out, std::size_t agent,
                        std::string_view message_id,
                        std::string_view text) const {
  out += R"({"type":"progress","message_id":")";
  out += message_id;
  out += R"(","agent_id":")";
  out += agent_name(agent);
  out += R"(","status":"running","progress_text":")";
  out += text;
  out += R"(","metadata":{}})";
}

void messages::response(std::string& out, std::size_t agent,
                        std::string_view message_id) const {
  out += R"({"type":"response","message_id":")";
  out += message_id;
  out += R"(","agent_id":")";
  out += agent_name(agent);
  out += answer_;
}

void messages::control_dispatch(std::string& out, std::size_t agent,
                                std::size_t slot) const {
  out += R"({"type":"dispatch","id":")";
  append_decimal(out, slot);
  out += R"(","agent_id":")";
  out += agent_name(agent);
  out += "\",";
  out += task_;
  out += quiet_ ? R"(,"quiet":true})" : "}";
}

void messages::http_dispatch(std::string& out, std::size_t agent) const {
  out += "POST /control/agents/" + agent_name(agent)
         + "/dispatch?wait=30 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
           "Authorization: Bearer "
         + token_ + "\r\nContent-Type: application/json\r\nContent-Length: ";
  append_decimal(out, task_.size() + 2);
  out += "\r\n\r\n{" + task_ + '}';
}

} // namespace bridgekeeper::bench
