#include "domain/limits.hpp"
#include "protocol/close_reason.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;

TEST_CASE("a close text of 123 bytes is left alone") {
  std::string text(max_close_reason, 'x');
  CHECK(cut_close_text(text) == text);
  CHECK(cut_close_text("") == "");
}

TEST_CASE("a longer close text is cut to 123 bytes") {
  std::string text(max_close_reason + 1, 'x');
  CHECK(cut_close_text(text) == std::string(max_close_reason, 'x'));
}

TEST_CASE("a close text is cut before the character that does not fit") {
  for (std::string character : {"\u00e9", "\u20ac", "\U0001F600"}) {
    for (std::size_t missing = 0; missing <= character.size(); ++missing) {
      CAPTURE(character);
      CAPTURE(missing);
      // `missing` bytes too little room for the character.
      std::string before(max_close_reason - character.size() + missing, 'x');
      auto text = before + character + "yyyyyy";
      auto cut = cut_close_text(text);
      if (missing == 0)
        CHECK(cut == before + character);
      else
        CHECK(cut == before);
    }
  }
}

TEST_CASE("a close text of many wide characters keeps whole ones") {
  std::string text;
  for (auto i = 0; i < 100; ++i)
    text += "\u20ac";
  auto cut = cut_close_text(text);
  CHECK(cut.size() == max_close_reason / 3 * 3);
  CHECK(text.starts_with(cut));
}

TEST_CASE("bytes that are no characters do not make the cut run over") {
  std::string text(200, '\x80');
  CHECK(cut_close_text(text).empty());
  text.front() = '\xC3';
  CHECK(cut_close_text(text).empty());
}

TEST_CASE("a close frame carries its reason's code and sentence") {
  auto reason = make_close_reason(errc::replaced);
  CHECK(reason.code == 4002);
  CHECK(reason.text == "Replaced by new connection");
}

TEST_CASE("a close frame's own text takes the place of the sentence") {
  auto reason = make_close_reason(errc::invalid_json,
                                  "Invalid JSON: " + std::string(200, 'x'));
  CHECK(reason.code == 4004);
  CHECK(reason.text.size() == max_close_reason);
  CHECK(reason.text.starts_with("Invalid JSON: xxx"));
}
