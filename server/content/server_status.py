"""The handler ``server-status``: a page for people, or with ``?auto`` a text for programs (mod_status)."""

import re

from .. import SERVER_BUILT, SERVER_SOFTWARE
from ..http.response import Response
from ..processes.scoreboard import Scoreboard
from . import error_pages, status_auto, status_html, status_snapshot
from .exchange import Exchange

AUTO = (b"Content-Type", b"text/plain; charset=ISO-8859-1")
PAGE = (b"Content-Type", b"text/html; charset=ISO-8859-1")
# What C's atol reads of "refresh=..."; nothing, 0 and less become the default.
REFRESH = re.compile(rb"refresh(?:=0*([1-9][0-9]{0,8}))?")
DEFAULT_REFRESH_S = b"10"


def respond(exchange: Exchange, mpm: str, scoreboard: Scoreboard) -> Response:
    """Return what the scoreboard says.

    Args:
        exchange: a GET or HEAD; its query may have ``auto``, ``notable`` and ``refresh=SECONDS`` in it.
        mpm: the name of the model.
        scoreboard: of this server.
    """
    query = exchange.query
    identity = {
        "name": exchange.server_name.decode("latin-1"),
        "address": exchange.local[0],
        "version": f"{SERVER_SOFTWARE} (Unix)",
        "mpm": mpm,
        "built": SERVER_BUILT,
        "signature": error_pages.signature("<hr />", exchange),
    }
    shot = status_snapshot.take(scoreboard)
    is_async = mpm == "event"
    if b"auto" in query:
        headers = [AUTO]
        body = status_auto.render(shot, identity, extended=scoreboard.extended, is_async=is_async)
    else:
        headers = [PAGE]
        has_table = b"notable" not in query
        body = status_html.render(
            shot, identity, extended=scoreboard.extended, is_async=is_async, has_table=has_table
        )
    refresh = REFRESH.search(query)
    if refresh:
        headers.append((b"Refresh", refresh[1] or DEFAULT_REFRESH_S))
    return Response(200, headers, body)
