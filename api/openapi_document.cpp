#include "api/openapi_document.hpp"

#include "api/routes.hpp"
#include "domain/errc.hpp"
#include "domain/sha256.hpp"
#include "domain/trimmed.hpp"
#include "domain/version.hpp"
#include "protocol/json_document.hpp"

#include <boost/algorithm/string/case_conv.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

namespace bridgekeeper::api {

namespace {

using nlohmann::json;

constexpr auto groups_key = "x-error-groups";
constexpr auto errors_key = "x-errors";

[[noreturn]] void fail(const std::string& what) {
  throw std::logic_error{"api/openapi: " + what};
}

/// Adds the members of `from`, and to objects that both have, their members.
void merge(json& into, json from) {
  for (auto& [name, value] : from.items()) {
    auto found = into.find(name);
    if (found != into.end() && found->is_object() && value.is_object())
      merge(*found, std::move(value));
    else
      into[name] = std::move(value);
  }
}

json merged(std::span<const embedded_text> sources) {
  auto out = json::object();
  for (const auto& source : sources) {
    auto part = protocol::parse_json_document(source.text);
    if (!part.is_object())
      fail(std::string{source.name} + " is not a JSON object");
    merge(out, std::move(part));
  }
  return out;
}

json all_tokens() {
  auto out = json::array();
  for (const auto& x : all_reasons())
    out.push_back(x.token);
  return out;
}

json reference(const std::string& kind, const std::string& name) {
  return {{"$ref", "#/components/" + kind + "/" + name}};
}

const errc_info& reason_named(std::string_view token) {
  auto all = all_reasons();
  auto found = std::find_if(all.begin(), all.end(), [token](const auto& x) {
    return x.token == token;
  });
  if (found == all.end())
    fail("no reason is called " + std::string{token});
  return *found;
}

/// Reasons by their HTTP status.
class error_set {
public:
  explicit error_set(const json& groups) : groups_(groups) {}

  /// Adds each reason of a list, and those of each group in it.
  void add(const json& list) {
    for (const auto& entry : list) {
      const auto& name = entry.get_ref<const std::string&>();
      if (name.starts_with('@'))
        add_group(name.substr(1));
      else
        add(reason_named(name));
    }
  }

  void add_group(const std::string& name) {
    if (!groups_.contains(name))
      fail("no group of errors is called " + name);
    add(groups_[name]);
  }

  /// Adds a response for each status. A response that the files describe may
  /// also be an error, so its schema becomes one of two.
  void write_to(json& responses) const {
    for (const auto& [status, reasons] : by_status_) {
      auto& response = responses[std::to_string(status)];
      auto schema = schema_of(reasons);
      if (response.is_null())
        response["description"] = description_of(reasons);
      auto& body = response["content"]["application/json"]["schema"];
      body = body.is_null() ? schema : json{{"anyOf", {body, schema}}};
      if (status == 429 || status == 503)
        response["headers"]["Retry-After"] = reference("headers", "RetryAfter");
      if (status == 401)
        response["headers"]["WWW-Authenticate"] =
            reference("headers", "WwwAuthenticate");
      if (status == 405)
        response["headers"]["Allow"] = reference("headers", "Allow");
      if (status == 426) {
        response["headers"]["Upgrade"] = reference("headers", "Upgrade");
        response["headers"]["Sec-WebSocket-Version"] =
            reference("headers", "WebSocketVersion");
      }
    }
  }

private:
  using reason_set = std::map<std::string_view, const errc_info*>;

  void add(const errc_info& x) {
    by_status_[x.http_status].emplace(x.token, &x);
  }

  static json schema_of(const reason_set& reasons) {
    auto tokens = json::array();
    for (const auto& [token, reason] : reasons)
      tokens.push_back(token);
    auto out = reference("schemas", "Error");
    out["properties"] = {{"code", {{"enum", std::move(tokens)}}}};
    return out;
  }

  static std::string description_of(const reason_set& reasons) {
    std::string out;
    for (const auto& [token, reason] : reasons)
      out.append(out.empty() ? "" : "; ").append(reason->sentence);
    return out;
  }

  const json& groups_;
  std::map<unsigned, reason_set> by_status_;
};

/// The path of the document that matches the same requests as `pattern`:
/// `/control/agents/{agent_id}` for `/control/agents/*`.
std::string find_path(const json& paths, std::string_view pattern) {
  for (const auto& [path, item] : paths.items()) {
    auto star = path;
    if (auto begin = star.find('{'); begin != star.npos)
      star.replace(begin, star.find('}') + 1 - begin, "*");
    if (star == pattern)
      return path;
  }
  fail("no file has the path " + std::string{pattern});
}

/// Tokens may be presented in any of three ways.
json security_of(const route_row& row) {
  if (!row.scope)
    return json::array();
  auto out = json::array();
  for (auto way : {"bearer", "header", "query"})
    out.push_back({{way, {to_string(*row.scope)}}});
  return out;
}

void add_rate_headers(json& responses) {
  for (auto& [status, response] : responses.items())
    for (std::string of : {"Agent", "Ip"})
      for (std::string what : {"Limit", "Remaining", "Reset"})
        response["headers"]["X-RateLimit-" + what + "-" + of] =
            reference("headers", "RateLimit" + what);
}

/// If there is no room for a large record now, the error says where the client
/// can get it later.
void add_record_address(json& responses) {
  if (!responses.contains("202"))
    return;
  for (auto status : {"429", "503"})
    responses[status]["headers"]["Location"] = reference("headers", "Location");
}

/// The errors that operations of this kind have in common.
void add_common_errors(error_set& out, const route_row& row) {
  out.add_group("all");
  if (row.scope)
    out.add_group("token");
  if (row.body != nullptr)
    out.add_group("body");
  if (row.kind == request_kind::dispatch)
    out.add_group("dispatch");
  if (row.kind == request_kind::upgrade)
    out.add_group("upgrade");
}

json make_operation(json described, const route_row& row, const json& groups) {
  error_set errors{groups};
  add_common_errors(errors, row);
  errors.add(described.value(errors_key, json::array()));
  described.erase(errors_key);
  errors.write_to(described["responses"]);
  if (row.kind == request_kind::dispatch)
    add_rate_headers(described["responses"]);
  add_record_address(described["responses"]);
  described["security"] = security_of(row);
  return described;
}

/// Calls `f` with each status and response of each operation, by reference.
template <class F>
void for_each_response(json& paths, F f) {
  for (auto& [path, item] : paths.items())
    for (auto& [method, operation] : item.items())
      if (operation.is_object())
        for (auto& [status, response] : operation.at("responses").items())
          f(status, response);
}

/// Moves errors that several operations describe alike to the components, which
/// halves the document: `Error404`, and `Error404.2` for the second kind.
void share_errors(json& document) {
  std::map<json, std::size_t> uses;
  for_each_response(document["paths"], [&](const auto&, const json& response) {
    ++uses[response];
  });
  auto& shared = document["components"]["responses"];
  std::map<json, std::string> names;
  std::map<std::string, std::size_t> kinds;
  for_each_response(document["paths"], [&](const std::string& status,
                                           json& response) {
    if (status < "400" || uses[response] < 2)
      return;
    auto [found, is_new] = names.try_emplace(response);
    if (is_new) {
      auto kind = ++kinds[status];
      found->second = "Error" + status
                      + (kind > 1 ? '.' + std::to_string(kind) : std::string{});
      shared[found->second] = response;
    }
    response = reference("responses", found->second);
  });
}

} // namespace

std::string make_openapi_document(std::span<const embedded_text> sources) {
  auto out = merged(sources);
  auto described = std::exchange(out["paths"], json::object());
  const auto groups = std::exchange(out[groups_key], nullptr);
  for (const auto& row : all_routes()) {
    auto path = find_path(described, row.path.text());
    const auto& item = described[path];
    auto method = boost::algorithm::to_lower_copy(std::string{row.method});
    if (!item.contains(method))
      fail(path + " has no operation " + method);
    auto& written = out["paths"][path];
    if (item.contains("parameters"))
      written["parameters"] = item["parameters"];
    written[method] = make_operation(item[method], row, groups);
  }
  error_set unrouted{groups};
  unrouted.add_group("unrouted");
  unrouted.write_to(out["x-unrouted"]["responses"]);
  out.erase(groups_key);
  share_errors(out);
  out["components"]["schemas"]["Reason"]["enum"] = all_tokens();
  out["info"]["version"] = version();
  out["info"]["x-api-version"] = api_version;
  return out.dump();
}

const served_document& openapi_document() {
  static const auto document = [] {
    auto text = make_openapi_document(openapi_sources());
    auto etag = '"' + sha256_hex(text).substr(0, 32) + '"';
    return served_document{std::make_shared<const shared_text>(std::move(text)),
                           std::move(etag)};
  }();
  return document;
}

bool names_etag(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    auto end = std::min(list.find(','), list.size());
    auto item = trimmed(list.substr(0, end));
    if (item.starts_with("W/"))
      item.remove_prefix(2);
    if (item == "*" || item == etag)
      return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

} // namespace bridgekeeper::api
