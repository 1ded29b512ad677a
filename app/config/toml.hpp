#pragma once

// toml++ 3.3 without the checks that let a file end the program. No other file
// includes it. Not needed any more once the oldest supported Debian release has
// a later version.

// An assertion about the first character of a table's name comes before the
// check that reports it: `[=]` would end a program with assertions.
#define TOML_ASSERT(expr) static_assert(true)
#define TOML_EXCEPTIONS 0
#include <toml++/impl/forward_declarations.h>

// The tables of characters call characters unreachable that they only do not
// contain, such as U+00E4 among the blanks. That is undefined behaviour for all
// text beyond ASCII.
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE return false
#include <toml++/impl/unicode.h>
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE __builtin_unreachable()

#include <toml++/toml.h>
