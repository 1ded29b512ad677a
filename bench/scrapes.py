"""How long a scrape of /metrics takes while many agents are connected."""

import concurrent.futures
import http.client
import re
import statistics
import time

SCRAPES = 20
PAUSE_S = 0.2


class Scraper:
    """Scrapes on one connection, as Prometheus does."""

    def __init__(self, daemon):
        self._headers = {"Authorization": f"Bearer {daemon.token}"}
        self._connection = http.client.HTTPConnection("127.0.0.1", daemon.port,
                                                      timeout=30)

    def scrape(self):
        """The text, and how many seconds it took."""
        start = time.perf_counter()
        self._connection.request("GET", "/metrics", headers=self._headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        took = time.perf_counter() - start
        if answer.status != 200:
            raise RuntimeError(f"/metrics answers {answer.status}: {text}")
        return text, took

    def close(self):
        self._connection.close()


def idle_agents(text):
    found = re.search(r'^bridgekeeper_agents\{state="idle"\} (\d+)$', text,
                      re.MULTILINE)
    return int(found[1]) if found else 0


def times_with(bench, daemon, agents, flags):
    """The seconds that each scrape took with so many idle agents."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        load = pool.submit(bench.once, "idle", daemon, *flags)
        scraper = Scraper(daemon)
        try:
            while idle_agents(scraper.scrape()[0]) < agents:
                if load.done():
                    raise RuntimeError("the agents have left too early")
                time.sleep(PAUSE_S)
            out = []
            for _ in range(SCRAPES):
                text, took = scraper.scrape()
                if idle_agents(text) < agents:
                    raise RuntimeError("the agents have left too early")
                out.append(took)
                time.sleep(PAUSE_S)
        finally:
            scraper.close()
        load.result()
    return out


def median_ms(times):
    return statistics.median(times) * 1000
