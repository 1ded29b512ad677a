"""HTTP/1 requests as text, and tables of them. A case is what is sent on one
connection, the statuses of all answers, and whether the connection ends with
the last."""

from cases import DaemonCase
from raw import RawConnection

ENDS, GOES_ON = "ends", "goes on"

HOST = "Host: localhost"
NEXT = f"GET /health HTTP/1.1\r\n{HOST}\r\n\r\n"


def request(line, *headers, body=""):
    """With a Host, unless a header is one."""
    lines = list(headers)
    if not any(x.lower().startswith("host") for x in lines):
        lines.insert(0, HOST)
    return "\r\n".join([line, *lines]) + "\r\n\r\n" + body


def get(*headers, path="/health", version="1.1"):
    return request(f"GET {path} HTTP/{version}", *headers)


def hosted(*hosts, version="1.1"):
    """Exactly these hosts."""
    return "\r\n".join([f"GET /health HTTP/{version}", *hosts]) + "\r\n\r\n"


def asks(path, *headers, method="GET", token=True):
    lines = ["Authorization: Bearer TOKEN"] if token else []
    return request(f"{method} {path} HTTP/1.1", *lines, *headers)


def post(*headers, body="", token=True, path="/control/sessions",
         version="1.1"):
    """Something that takes any body, and answers 200."""
    lines = ["X-Auth-Token: TOKEN"] if token else []
    return request(f"POST {path} HTTP/{version}", *lines, *headers, body=body)


def chunked(body, *headers):
    return post("Transfer-Encoding: chunked", *headers, body=body)


class HttpTableCase(DaemonCase):
    # Many tokens are wrong; nobody is to wait for that here.
    flags = ("--request-timeout", "10", "--idle-timeout", "10")
    variables = {"BRIDGEKEEPER_AUTH_FAILURE_DELAY": "0"}

    async def statuses(self, raw, text, count):
        """Of so many answers; only the first can be one to HEAD."""
        await raw.send_as_far_as_taken(
            text.replace("TOKEN", self.daemon.token).encode("latin-1"))
        return [(await raw.receive_answer(
            to_head=number == 0 and text.startswith("HEAD ")))[0]
            for number in range(count)]

    async def check(self, text, expected, ending, followed):
        text += NEXT if followed else ""
        async with await RawConnection.open(self.daemon) as raw:
            self.assertEqual(
                await self.statuses(raw, text, len(expected)), expected)
            if ending == GOES_ON:
                self.assertEqual(await self.statuses(raw, NEXT, 1), [200])
            else:
                self.assertEqual(await raw.receive_all(), b"")

    async def run_table(self, group, table, followed=False):
        for name, text, expected, ending in table:
            with self.subTest(f"{group}: {name}"):
                await self.check(text, expected, ending, followed)
        print(f"\n{group}: {len(table)} cases")
