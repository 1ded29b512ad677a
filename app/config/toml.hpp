#pragma once

// toml++ 3.3 with what must not end the program taken out of it; the one place
// that includes it. Goes with the Debian release that has 3.3.

// It asserts that a table's name begins like one before it finds, and says,
// that it does not: `[=]` would end a program with assertions.
#define TOML_ASSERT(expr) static_assert(true)
#define TOML_EXCEPTIONS 0
#include <toml++/impl/forward_declarations.h>

// Its tables of characters call unreachable what is only in none of them, such
// as U+00E4 among the blanks: undefined behaviour for any text but ASCII.
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE return false
#include <toml++/impl/unicode.h>
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE __builtin_unreachable()

#include <toml++/toml.h>
