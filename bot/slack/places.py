"""
PURE: which addresses are Slack's. Slack's own answers name some (of a click's answer, of an upload, of a socket), and no other is gone to.

Read from the front and letter by letter: what two parsers read in two ways ("https://a.example\\@files.slack.com/") fits nowhere.
"""

import re
from urllib.parse import urlsplit

# The second is the place of GovSlack. https://docs.slack.dev/govslack (seen November 2026)
_SLACKS = re.compile(r"(?:https|wss)://(?:[a-z0-9-]+\.)*slack(?:-gov)?\.com/")


def is_slacks(url: str, *, api_url: str) -> bool:
    """Whether *url* is at a host of Slack's, under TLS, or at the very host and port of the API that the settings name."""
    return _SLACKS.match(url) is not None or url.startswith(_beginnings(api_url))


def _beginnings(api_url: str) -> tuple[str, str]:
    """How addresses of the same place begin, for requests and for sockets: TLS for both or for neither."""
    scheme, place, *_ = urlsplit(api_url)
    return f"{scheme}://{place}/", f"{scheme.replace('http', 'ws', 1)}://{place}/"
