"""The pages that the server writes itself for errors and redirects (httpd's get_canned_error_string)."""

from html import escape

from ..http.status import phrase
from .escaping import html_of
from .exchange import Exchange

DOCTYPE = '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n'
CONTENT_TYPE = (b"Content-Type", b"text/html; charset=iso-8859-1")

# {method}, {location}, {expect}, {admin} and {notes} come escaped.
MOVED = '<p>The document has moved <a href="{location}">here</a>.</p>\n'
TEXT = {
    301: MOVED,
    302: MOVED,
    303: '<p>The answer to your request is located <a href="{location}">here</a>.</p>\n',
    307: MOVED,
    308: MOVED,
    400: "<p>Your browser sent a request that this server could not understand.<br />\n{notes}</p>\n",
    403: "<p>You don't have permission to access this resource.{notes}</p>\n",
    404: "<p>The requested URL was not found on this server.</p>\n",
    405: "<p>The requested method {method} is not allowed for this URL.</p>\n",
    408: "<p>Server timeout waiting for the HTTP request from the client.</p>\n",
    410: (
        "<p>The requested resource is no longer available on this server"
        " and there is no forwarding address.\nPlease remove all references to this resource.</p>\n"
    ),
    411: (
        "<p>A request of the requested method {method} requires a valid Content-length.<br />\n{notes}</p>\n"
    ),
    412: "<p>The precondition on the request for this URL evaluated to false.</p>\n",
    413: (
        "The requested resource does not allow request data with {method} requests, or the amount of data "
        "provided in\nthe request exceeds the capacity limit.\n"
    ),
    414: ("<p>The requested URL's length exceeds the capacity\nlimit for this server.<br />\n{notes}</p>\n"),
    416: (
        "<p>None of the range-specifier values in the Range\n"
        "request-header field overlap the current extent\nof the selected resource.</p>\n"
    ),
    417: (
        "<p>The expectation given in the Expect request-header\nfield could not be met by this server.\n"
        "The client sent<pre>\n    Expect: {expect}\n</pre>\n"
        "</p><p>Only the 100-continue expectation is supported.</p>\n"
    ),
    431: "<p>The server refused this request because\nthe request header fields are too large.</p>\n",
    501: "<p>{method} not supported for current URL.<br />\n{notes}</p>\n",
    503: (
        "<p>The server is temporarily unable to service your\n"
        "request due to maintenance downtime or capacity\nproblems. Please try again later.</p>\n"
    ),
}
OTHER = (
    "<p>The server encountered an internal error or\nmisconfiguration and was unable to complete\n"
    "your request.</p>\n<p>Please contact the server administrator at \n {admin} to inform them of the time "
    "this error occurred,\n and the actions you performed just before this error.</p>\n"
    "<p>More information about this error may be available\nin the server error log.</p>\n"
)


def page(
    exchange: Exchange, status: int, location: bytes = b"", *, is_second: bool = False, notes: str = ""
) -> bytes:
    """Return the page of a status.

    Args:
        exchange: what it is the answer to; what the client sent is escaped.
        status: of the answer.
        location: where a redirect leads to.
        is_second: the ErrorDocument failed, too; httpd gives the first status there once more.
        notes: one more sentence, for some of the statuses.
    """
    request = exchange.request
    text = TEXT.get(status, OTHER).format(
        method=html_of(request.method),
        location=html_of(location),
        expect=html_of(request.headers.get(b"expect", b"")),
        admin=escape(exchange.site.values.server_admin),
        notes=escape(notes),
    )
    second = ""
    if is_second:
        second = (
            f"<p>Additionally, a {status} {phrase(status)}\nerror was encountered while trying to use an "
            "ErrorDocument to handle the request.</p>\n"
        )
    title = f"{status} {phrase(status)}"
    return (
        f"{DOCTYPE}<html><head>\n<title>{title}</title>\n</head><body>\n<h1>{phrase(status)}</h1>\n"
        f"{text}{second}{signature('<hr>', exchange)}</body></html>\n"
    ).encode("latin-1", "replace")


def signature(rule: str, exchange: Exchange) -> str:
    """Return ServerSignature's line with a rule before it; nothing when it is off (ap_psignature)."""
    wanted = exchange.settings.server_signature
    if wanted in (None, "off"):
        return ""
    name = html_of(exchange.server_name)
    if wanted == "email":
        admin = escape(exchange.site.values.server_admin)
        name = f'<a href="mailto:{admin}">{name}</a>'
    before = f"{rule}\n" if rule else ""
    software = html_of(exchange.site.software)
    return f"{before}<address>{software} Server at {name} Port {exchange.server_port}</address>\n"
