"""JSON as it may come from anybody: values that are JSON, values that are not,
and what Python writes although it is not. Bytes, because not all is UTF-8."""

KEPT, REFUSED = "kept", "refused"

# A number that only the arithmetic of the reader bounds: equal as doubles.
ABOUT = "about"


class Value:
    """What may stand where JSON wants a value. `becomes` is what is read."""

    def __init__(self, text, verdict=KEPT, becomes=None):
        self.text = text if isinstance(text, bytes) else text.encode()
        self.verdict = verdict
        self.becomes = becomes

    def __repr__(self):
        shown = self.text if len(self.text) < 60 else self.text[:57] + b"..."
        return repr(shown)


def kept(*texts):
    return [Value(text) for text in texts]


def refused(*texts):
    return [Value(text, REFUSED) for text in texts]


def becomes(value, *texts):
    return [Value(text, KEPT, (value,)) for text in texts]


DEEPEST = 60  # 64 levels, less those around a value in the tests.

VALUES = {
    "numbers": kept(
        "0", "-0", "1", "-1", "10", "123456789", "-123456789", "0.0", "-0.0",
        "0.5", "-0.5", "1.0", "12.3400", "1e1", "1E1", "1e+1", "1E+1", "1e-1",
        "1E-1", "0e0", "0E+0", "0e-0", "1.5e10", "1.5E-10", "-1.5e+10",
        "9007199254740991", "-9007199254740993", "9223372036854775807",
        "-9223372036854775808", "18446744073709551615", "1e308", "-1e308",
        "1.7976931348623157e308", "5e-324", "2.2250738585072014e-308",
        "1e00000000000000000001", "0." + "0" * 400 + "1e400",
        "123" + "0" * 60 + "e-60"),
    "numbers beyond 64 bits": kept(
        "18446744073709551616", "-9223372036854775809", "1" * 40, "-" + "7" * 99,
        "1" + "0" * 300),
    "numbers too small for a double": becomes(
        0, "1e-999", "-1e-999", "1e-99999999999", "0." + "0" * 999 + "1"),
    "numbers too large for a double": becomes(
        None, "1e999", "-1e999", "1E999", "1e+999", "1.5e309", "9" * 400,
        "-" + "9" * 400, "0.1e999", "1e99999999999999999999",
        "1" + "0" * 400 + "e-50", "1" + "0" * 400 + ".0"),
    "what Python writes for no number": becomes(
        None, "NaN", "Infinity", "-Infinity"),
    "no numbers": refused(
        "01", "-01", "00", "-00", "012", "1.", "-1.", ".5", "-.5", "1.e5",
        "1.e999", ".1e999", "1e", "1E", "1e+", "1e-", "1.0e", "1.0e+", "1ee5",
        "1e5e5", "1e5.5", "1.2.3", "1..2", "++1", "+1", "+1e999", "--1",
        "--1e999", "-", "- 1", "-+1", "1-1", "1-1e999", "1+2", "1_000", "1,5e",
        "0x10", "0xFF", "0b1", "0o7", "1a", "1f", "1L", "1e1x", "1e999x",
        "01e9991", "-01e9991", "001e999", "1e999123e4", "1e999e999",
        "1e999.5", "1e9991.0", "0e+-1", "1e1 2", "1 000", "0 1e999",
        "Inf", "+Inf", "-Inf", "inf", "infinity", "-infinity", "+Infinity",
        "nan", "NAN", "-NaN", "+NaN", "1NaN", "NaN1", "NaNNaN", "-1NaN",
        "--Infinity", "Infinity1", "1Infinity", "-NaN1e999",
        "\N{FULLWIDTH DIGIT ONE}", "1\N{FULLWIDTH DIGIT ONE}",
        "\N{ARABIC-INDIC DIGIT THREE}", "1\u00a0", "\u22121"),
    "words": kept("true", "false", "null")
             + refused("True", "False", "None", "NULL", "Null", "TRUE", "tru",
                       "truee", "true1", "nul", "nulll", "fals", "undefined",
                       "t", "f", "n", "truefalse", "null null", "xnull",
                       "xNaN", "nuNaNll", "N", "Na"),
    "strings": kept(
        '""', '"a"', '" "', '"\\""', '"\\\\"', '"\\/"', '"/"',
        '"\\b\\f\\n\\r\\t"', '"\\u0000"', '"\\u001f"', '"\\u0022\\u005c"',
        '"\\u00e9"', '"\\u20AC"', '"\\uD83D\\uDE00"', '"\\ud834\\udd1e"',
        '"\\uDBFF\\uDFFF"', '"\\uFFFF"', '"\\ufdd0"', '"\x7f"', '"\u0080"',
        '"\u2028\u2029"', '"\u00a0"', '"\ufeff"', '"\U0001f600"',
        '"\U0010ffff"', '"\ufffe"', '"a/*b*/c//d"', '"{[,:]}"', '"NaN"',
        '"1e999"', '"\\\\u0041"', '"' + "x" * 5000 + '"'),
    "half a surrogate pair": [
        *becomes("\ufffd", '"\\ud800"', '"\\udc00"', '"\\uDBFF"', '"\\uDFFF"'),
        *becomes("\ufffd\n", '"\\ud83d\\n"'),
        *becomes("\ufffdA", '"\\ud83d\\u0041"'),
        *becomes("\ufffd\ufffd", '"\\ude00\\ud83d"', '"\\ud800\\ud800"'),
        *becomes("\ufffd\U0001f600", '"\\ud83d\\ud83d\\ude00"')],
    "no strings": refused(
        '"', '"a', "a\"", "'a'", "'", "a", "é", '"\\"', '"\\x41"', '"\\a"',
        '"\\0"', '"\\v"', "\"\\'\"", '"\\u"', '"\\u1"', '"\\u12"', '"\\u123"',
        '"\\u123g"', '"\\uzzzz"', '"\\U0041"', '"\\u{41}"', '"\\u-041"',
        '"\\u 041"', '"\\u+041"', '"\\ud800\\"', '"\\ud800\\u"',
        '"\\ud800\\u1"', '"\\ud800\\u1x"', '"\\\U0001f600"', '"\\é"',
        '"\t"', '"\n"', '"\r"', '"\0"', '"a\x1f"', '"a\nb"', '""x', 'x""',
        '"a""b"', '"a" "b"', "`a`", "\u201ca\u201d", '"a\\', "\\u0022a\\u0022"),
    "lists": kept(
        "[]", "[ ]", "[\n]", "[1]", "[1,2]", "[ 1 , 2 ]", "[[]]", "[[],[]]",
        "[null]", "[null,null]", "[true,false,null,1,\"x\",{},[]]", "[\"\"]",
        "[1\n]", " [1]", "[1] ", "\t[\r\n1\t]\n", "[" * DEEPEST + "]" * DEEPEST)
             + refused(
        "[", "]", "[[", "[]]", "[[]", "[1", "[1,", "[1,]", "[1,,2]", "[,1]",
        "[,]", "[,,]", "[1 2]", "[1;2]", "[1:2]", "[1 true]", "[\"a\"",
        "[\"a\",", "[{", "[{}", "[{]", "[}", "[)", "(1)", "[1}", "[x",
        "[nul", "[tru", "[fals", "[-]", "[*]", "[<null>]", "[\v1]", "[\f]",
        "[\u00a0]", "[\u2060]", "[1]#", "[1]//", "[/**/]", "[][]", "[],",
        "[1]x", "['a']", "[NaN,]", "[1e999,]", "[1e999", "[NaN NaN]",
        "[" * 100_000, "[" * 100_000 + "]" * 100_000,
        '[{"":' * 50_000),
    "objects": kept(
        "{}", "{ }", '{"a":1}', '{"a":{}}', '{"a":[]}', '{"":0}', '{"a":"b"}',
        '{ "a" : 1 , "b" : 2 }', '{"a":null}', '{"\\u0000":1}', '{"é":1}',
        '{\n"a":1\n}', '{"a b":1}', '{"\\"":1}',
        '{"min":-1e28,"max":1e28}',
        '{"a":' * (DEEPEST - 1) + "1" + "}" * (DEEPEST - 1))
             + refused(
        "{", "}", "{{}}", "{1}", "{a}", "{'a':1}", "{a:1}", "{1:1}",
        "{null:1}", "{[]:1}", '{"a"}', '{"a":}', '{"a",1}', '{"a" 1}',
        '{"a"::1}', '{:1}', '{"a":1,}', '{"a":1,,"b":2}', '{"a":1,"b"}',
        '{"a":1 "b":2}', '{"a":1;"b":2}', '{,"a":1}', '{"a":1', '{"a":1]',
        '{"a"', '{"', '{"a', '{]', '{,', '{[', '{"a":"b"}/**/', '{"a":1}//',
        '{"a":1}/', '{"a":1}#', '{"a":1}}', '{"a":1}x', '{}{}', '{"a":x}',
        '{"a":01}', '{"a":01e9991}', '{"a":NaN,}', '{NaN:1}', '{1e999:1}',
        '{"a":{"b":}}', '{\U0001f1e8\U0001f1ed}', '{"a":/*c*/1}',
        '{"a":' * 100_000),
    "nothing": refused("", " ", "\n\t", "\0", "\ufeff", "\v", "\f", "\u2060",
                       "//", "/**/", "#", "*", "<.>", ":", ",", "%00", "\\"),
}

# What a reader that wants UTF-8 never sees whole: WebSocket text has to be
# UTF-8 (1007), a body has not (422).
NO_UTF8 = {
    "no UTF-8": refused(
        b'"\xff"', b'"\x80"', b'"\xc3"', b'"\xc3\x28"', b'"\xe2\x82"',
        b'"\xe2\x28\xa1"', b'"\xf0\x9f\x98"', b'"\xf0\x28\x8c\xbc"',
        b'"\xc0\xaf"', b'"\xc1\xbf"', b'"\xe0\x80\xaf"', b'"\xf0\x80\x80\xaf"',
        b'"\xfc\x83\xbf\xbf\xbf\xbf"', b'"\xed\xa0\x80"', b'"\xed\xbf\xbf"',
        b'"\xf4\x90\x80\x80"', b'"\xf8\x88\x80\x80\x80"', b'"\xe9"',
        b'"\xe6\x97\xa5\xd1\x88\xfa"', b'"\\u\xe5"', b'"\\\xe5"', b"\xe9",
        b"1\xe5", b"1e1\xe5", b"-\xe5", b"[\xff]", b"[1\xe5]", b'{"\xb9":1}',
        b"\xef\xbb", b"\xef", b"\xff\xfe"),
}


def whole(message, other):
    """Whole documents around a message, which has to be an object: what stands
    before it, behind it, or in its place. `other` is a message, too."""
    return [
        *kept(message, b" " + message, b"\r\n\t " + message + b" \n",
              b"{ " + message[1:], message[:-1] + b" }"),
        *refused(message + b"x", message + b"}", message + b"]",
                 message + b",", message + b"//", message + b"/**/",
                 message + b"#", message + b"\0", b"\0" + message,
                 message[:-1] + b"\0}", message + message, message + other,
                 message + b"\n" + other, message[:-1], message[1:],
                 message[:-1] + b",}", message[:-1] + b"]", b"," + message,
                 b"[" + message, b"[" + message + b"]", b"x" + message,
                 b"/**/" + message, b"//\n" + message, b"\v" + message,
                 b"\f" + message, message + b"\f", message + "\u00a0".encode(),
                 "\u2060".encode() + message, b"\\u000a" + message,
                 b"(" + message + b")", b'"' + message + b'"',
                 message.replace(b'"', b"'"), message.replace(b":", b"="),
                 b"NaN" + message, message + b"NaN", message + b"1e999")]


def counts(*tables):
    """`numbers 38, no numbers 74, ...`"""
    return ", ".join(f"{group} {len(cases)}"
                     for table in tables for group, cases in table.items())
