#include "bench/nats_client.hpp"

#include "bench/messages.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace bridgekeeper::bench {

namespace {

constexpr std::string_view line_end = "\r\n";

/// Cuts the next word off `line`.
std::string_view next_word(std::string_view& line) {
  auto end = std::min(line.find(' '), line.size());
  auto out = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return out;
}

} // namespace

nats_client::nats_client(const surroundings& env, std::string subject,
                         std::function<void()> on_up,
                         message_handler on_message)
  : ws_client(env.io, {"/"}), subject_(std::move(subject)),
    on_up_(std::move(on_up)), on_delivery_(std::move(on_message)) {}

void nats_client::subscribe(std::string_view subject) {
  scratch_ = "SUB ";
  scratch_ += subject;
  scratch_ += " 2\r\n";
  add(opcode::binary, scratch_);
}

void nats_client::publish(std::string_view subject, std::string_view reply,
                          std::string_view payload) {
  scratch_ = "PUB ";
  scratch_ += subject;
  scratch_ += ' ';
  scratch_ += reply;
  if (!reply.empty())
    scratch_ += ' ';
  scratch_ += std::to_string(payload.size());
  scratch_ += line_end;
  scratch_ += payload;
  scratch_ += line_end;
  add(opcode::binary, scratch_);
}

void nats_client::on_upgraded() {
  add(opcode::binary, "CONNECT {\"verbose\":false,\"pedantic\":false,"
                      "\"lang\":\"c++\",\"version\":\"1\"}\r\n"
                      "SUB "
                          + subject_ + " 1\r\nPING\r\n");
}

void nats_client::on_message(std::string_view payload) {
  if (pending_.empty()) {
    pending_ = payload.substr(take(payload));
    return;
  }
  pending_ += payload;
  pending_.erase(0, take(pending_));
}

std::size_t nats_client::take(std::string_view stream) {
  std::size_t done = 0;
  while (true) {
    auto rest = stream.substr(done);
    auto end = rest.find(line_end);
    if (end == std::string_view::npos)
      return done;
    auto head = end + line_end.size();
    auto more = take_line(rest.substr(0, end), rest.substr(head));
    if (more == std::string_view::npos)
      return done;
    done += head + more;
  }
}

std::size_t nats_client::take_line(std::string_view line,
                                   std::string_view rest) {
  if (line.starts_with("MSG "))
    return take_msg(line, rest);
  if (line == "PING")
    add(opcode::binary, "PONG\r\n");
  else if (line == "PONG")
    on_up_();
  else if (line.starts_with("-ERR"))
    throw std::runtime_error("NATS says " + std::string{line});
  return 0;
}

std::size_t nats_client::take_msg(std::string_view line,
                                  std::string_view rest) {
  line.remove_prefix(4);
  nats_message out;
  out.subject = next_word(line);
  next_word(line); // the subscription's number
  auto last = line.rfind(' ');
  if (last != std::string_view::npos)
    out.reply = next_word(line);
  auto length = number_after(line, "");
  if (length == absent)
    throw std::runtime_error("NATS sent a message without a length");
  if (rest.size() < length + line_end.size())
    return std::string_view::npos;
  out.payload = rest.substr(0, length);
  on_delivery_(*this, out);
  return length + line_end.size();
}

} // namespace bridgekeeper::bench
