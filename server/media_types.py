"""Content types by file name extension: TypesConfig, AddType, or Python's own table."""

import mimetypes
from pathlib import Path

from .config import ConfigError, ServerConfig


class MediaTypes:
    """Knows the content type of a file name."""

    def __init__(self, config: ServerConfig) -> None:
        """Read the table.

        Raises:
            ConfigError: TypesConfig cannot be read.
        """
        if config.types_config is not None:
            self._types = _read(config.types_config)
        else:
            known = mimetypes.MimeTypes(()).types_map[True]
            self._types = {extension[1:].encode(): value.encode() for extension, value in known.items()}
        added = config.main.settings.types
        self._types.update({extension: value for extension, value in added.items() if value})

    def of(self, path: bytes) -> bytes | None:
        """Return the type for a path, None for an unknown extension: the field is then left out."""
        name = path.rpartition(b"/")[2]
        _, dot, extension = name.rpartition(b".")
        return self._types.get(extension.lower()) if dot else None


def _read(path: Path) -> dict[bytes, bytes]:
    """Read a mime.types file: a type and its extensions a line."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise ConfigError(
            f"({error.errno}){error.strerror}: AH01597: could not open mime types config file {path}.\n"
            "AH00016: Configuration Failed"
        ) from None
    types: dict[bytes, bytes] = {}
    for line in lines:
        words = line.partition(b"#")[0].split()
        for extension in words[1:]:
            types[extension.lower()] = words[0]
    return types
