"""What stands before and after the lines of an index page: HeaderName and ReadmeName, or the usual lines."""

import re

from ..http.status import HttpError
from . import static
from .error_pages import DOCTYPE, signature
from .escaping import html_of, text_of
from .exchange import Exchange
from .index_query import View
from .lookup import Lookup, Resource

XHTML = (
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"\n'
    '"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n<html xmlns="http://www.w3.org/1999/xhtml">\n'
)
TITLE = re.compile(rb"<title>[\r\n]*([^<\0]*)", re.IGNORECASE)
TITLE_LIMIT = 8191  # bytes of a file in which its title is looked for
TEXT_LIMIT = 1 << 20  # bytes that are read of a header or readme file
HTML_TYPES = (b"text/html", b"application/xhtml+xml")


def head(exchange: Exchange, lookup: Lookup, directory: Resource, view: View) -> str:
    """Return the page up to the lines (mod_autoindex's emit_head)."""
    settings = directory.settings
    title = html_of(directory.url_path).rstrip("/")
    opening = XHTML if "xhtml" in view.options else f"{DOCTYPE}<html>\n"
    preamble = [opening, " <head>\n", f"  <title>Index of {title}</title>\n"]
    if settings.index_style_sheet:
        sheet = html_of(settings.index_style_sheet)
        preamble.append(f'  <link rel="stylesheet" href="{sheet}" type="text/css"{view.tag_end}\n')
    preamble += [text_of(settings.index_head_insert or b""), " </head>\n <body>\n"]
    text = _text(exchange, lookup, directory, settings.header_name)
    if text is not None:
        kind, content = text
        if kind in HTML_TYPES:
            return ("" if "suppresshtmlpreamble" in view.options else "".join(preamble)) + text_of(content)
        return "".join(preamble) + _plain(content)
    mark = ' id="indextitle"' if settings.index_style_sheet else ""
    indent = "  " if settings.index_style_sheet else ""
    return "".join(preamble) + f"{indent}<h1{mark}>Index of {title}</h1>\n"


def tail(exchange: Exchange, lookup: Lookup, directory: Resource, view: View) -> str:
    """Return the page from the lines on (mod_autoindex's emit_tail)."""
    text = _text(exchange, lookup, directory, directory.settings.readme_name)
    end = "</body></html>\n"
    if text is None:
        return signature("", exchange) + end
    kind, content = text
    if kind in HTML_TYPES:
        return text_of(content) + ("" if "suppresshtmlpreamble" in view.options else end)
    return _plain(content) + end


def title_of(resource: Resource) -> bytes | None:
    """Return the title of an HTML file (IndexOptions ScanHTMLTitles); None for none."""
    content = resource.content
    if (content.media_type or b"").partition(b";")[0] not in HTML_TYPES or content.encoding is not None:
        return None
    try:
        title = TITLE.search(static.content(resource.found, TITLE_LIMIT))
    except HttpError:
        return None
    return title and title[1].replace(b"\r", b" ").replace(b"\n", b" ")


def _plain(content: bytes) -> str:
    text = text_of(content).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<pre>\n{text}</pre>\n"


def _text(
    exchange: Exchange, lookup: Lookup, directory: Resource, name: bytes | None
) -> tuple[bytes, bytes] | None:
    """Return media type and content of a text file beside the index; None for no such file."""
    if not name:
        return None
    before = exchange.state
    try:
        resource = lookup.find(exchange, name if name.startswith(b"/") else directory.url_path + name)
        kind = (resource.content.media_type or b"").partition(b";")[0]
        if not resource.is_file or resource.found.path_info or not kind.startswith((b"text/", *HTML_TYPES)):
            return None
        return kind, static.content(resource.found, TEXT_LIMIT)
    except HttpError:
        return None
    finally:
        exchange.state = before
