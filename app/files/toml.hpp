#pragma once

// toml++ 3.3 or 3.4, without the checks that let a file abort the program. No
// other file includes it. The two versions name their headers differently.

// An assertion about the first character of a table's name comes before the
// check that reports it: `[=]` would end a program with assertions.
#define TOML_ASSERT(expr) static_assert(true)
#define TOML_EXCEPTIONS 0
#if __has_include(<toml++/impl/forward_declarations.hpp>)
#include <toml++/impl/forward_declarations.hpp>
// Without assertions, 3.4 lets the compiler assume what it does not check.
#undef TOML_ASSERT_ASSUME
#define TOML_ASSERT_ASSUME(expr) static_assert(true)
#else
#include <toml++/impl/forward_declarations.h>
#endif

// The tables of characters call characters unreachable that they only do not
// contain, such as U+00E4 among the blanks. That is undefined behaviour for all
// text beyond ASCII.
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE return false
#if __has_include(<toml++/impl/unicode.hpp>)
#include <toml++/impl/unicode.hpp>
#else
#include <toml++/impl/unicode.h>
#endif
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE __builtin_unreachable()

#include <toml++/toml.h>
