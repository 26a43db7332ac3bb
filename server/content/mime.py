"""What a file name says of its content, one extension after the other (mod_mime's find_ct)."""

from typing import NamedTuple

from ..config import DirectorySettings
from ..http.response import Header
from ..media_types import MediaTypes

CHARSET_TYPES = (b"text/plain", b"text/html")  # the types that AddDefaultCharset is for
DIRECTORY_TYPE = b"httpd/unix-directory"


class Description(NamedTuple):
    """The fields about the content, and the handler that AddHandler names; None for what nobody says."""

    media_type: bytes | None
    encoding: bytes | None
    languages: bytes | None
    handler: bytes | None

    @property
    def headers(self) -> list[Header]:
        """Content-Encoding and Content-Language."""
        fields = ((b"Content-Encoding", self.encoding), (b"Content-Language", self.languages))
        return [(name, value) for name, value in fields if value is not None]


def describe(path: bytes, settings: DirectorySettings, media_types: MediaTypes) -> Description:
    """Describe a file by its extensions in any order; of two types the last holds.

    Args:
        path: the file; leading dots of its name begin no extension.
        settings: AddType and its like.
        media_types: what TypesConfig says.
    """
    name = path.rpartition(b"/")[2].lstrip(b".")
    media_type = charset = handler = None
    encodings: list[bytes] = []
    languages: list[bytes] = []
    for extension in name.lower().split(b".")[1:]:
        if not extension:
            continue
        own = (
            settings.types.get(extension)
            if extension in settings.types
            else media_types.of(b"x." + extension)
        )
        media_type = own or media_type
        charset = settings.charsets.get(extension) or charset
        handler = settings.handlers.get(extension) or handler
        if encoding := settings.encodings.get(extension):
            encodings.append(encoding)
        if language := settings.languages.get(extension):
            languages.append(language)
    if settings.force_type is not None and settings.force_type != b"none":
        media_type = settings.force_type
    elif media_type is not None and charset is not None:
        media_type = b"%s; charset=%s" % (media_type.partition(b";")[0], charset)
    if not languages and settings.default_language:
        languages.append(settings.default_language)
    return Description(
        with_default_charset(media_type, settings),
        b", ".join(encodings) or None,
        b",".join(languages) or None,
        handler,
    )


def with_default_charset(media_type: bytes | None, settings: DirectorySettings) -> bytes | None:
    """Add AddDefaultCharset to a text that names none (ap_make_content_type)."""
    if settings.add_default_charset and media_type in CHARSET_TYPES:
        return media_type + b"; charset=" + settings.add_default_charset
    return media_type
