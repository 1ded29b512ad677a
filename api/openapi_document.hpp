#pragma once

#include "api/openapi_sources.hpp"
#include "domain/shared_text.hpp"

#include <span>
#include <string>
#include <string_view>

namespace bridgekeeper::api {

/// Makes the OpenAPI 3.1 document from the table of routes (api/routes.cpp),
/// the table of reasons (domain/errc.cpp) and the files in `api/openapi`, which
/// are the `sources`.
///
/// Which operations there are, what scope they need, and which errors all
/// operations of a kind have, is read from the tables. The files have what the
/// tables do not know: words, parameters, schemas, and for each operation, in
/// `x-errors`, the reasons for which it may fail. An entry such as `@dispatch`
/// stands for a list in `x-error-groups` (openapi/document.json). The
/// responses are derived from these reasons, each under its own HTTP status.
///
/// Throws `std::logic_error` if a route has no operation or a reason does not
/// exist; a test makes sure that this does not happen.
[[nodiscard]] std::string
make_openapi_document(std::span<const embedded_text> sources);

/// The document as it is served.
struct served_document {
  shared_text_ptr text;
  /// A strong entity tag, with its quotes (RFC 9110, 8.8.3).
  std::string etag;
};

/// Made on the first call, in a few milliseconds. Any thread.
[[nodiscard]] const served_document& openapi_document();

/// Whether `list`, the value of `If-None-Match`, names this entity tag. Weak
/// tags match, too (RFC 9110, 13.1.2).
[[nodiscard]] bool names_etag(std::string_view list, std::string_view etag);

} // namespace bridgekeeper::api
