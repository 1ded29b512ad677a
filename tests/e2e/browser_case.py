"""What the tests with a browser have in common."""

from browser import Browser, Page, PageServer
from cases import DaemonCase

# Of the origins that are allowed by default, and one that is not.
PANEL_PORT = 5173
FOREIGN_PORT = 6006


class BrowserCase(DaemonCase):
    """One browser for all tests of a class; each test has a page."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.panel = PageServer(PANEL_PORT)
        cls.addClassCleanup(cls.panel.stop)
        cls.foreign = PageServer(FOREIGN_PORT)
        cls.addClassCleanup(cls.foreign.stop)
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.stop)

    async def page(self, server=None, daemon=None, **options):
        """Our page, from the panel's origin unless another is given."""
        return await Page.open(
            self.browser, (server or self.panel).url, daemon or self.daemon,
            **options)
