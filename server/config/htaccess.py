"""The directives of a .htaccess file, as far as AllowOverride lets it have them."""

import os
from pathlib import Path

from .directives import rules_of, spelling_of
from .model import ConfigError, ServerConfig
from .modules import LOADABLE
from .reader import Frame, Reader
from .rules import DirectiveError, Scope
from .settings import AllowOverride, DirectorySettings
from .syntax import lines
from .walk import walk


def read_htaccess(
    path: bytes, text: bytes, allow_override: AllowOverride, modules: tuple[str, ...] = LOADABLE
) -> DirectorySettings:
    """Return what a .htaccess file says.

    Args:
        path: of the file.
        text: what is in it.
        allow_override: what it may say.
        modules: those that are loaded: they decide which directives there are.

    Raises:
        ConfigError: it is wrong or says what it may not; the text is what httpd logs.
    """
    config, settings = ServerConfig(modules=list(modules)), DirectorySettings()
    reader = Reader(config, lambda name: spelling_of(name, modules), allow_override.classes, in_htaccess=True)
    frame = Frame(Path(os.fsdecode(path)), lines(text.decode("utf-8", "surrogateescape")))
    scope = Scope(
        config,
        config.main,
        settings,
        allowed=allow_override.classes,
        options=allow_override.options,
        path=os.path.dirname(path),  # noqa: PTH120  paths are bytes
        in_htaccess=True,
        overriding=allow_override,
        rules=rules_of(modules),
    )
    try:
        walk(reader.text(frame), scope)
    except DirectiveError as error:
        raise ConfigError(f"{frame.path}: {error}") from None
    return settings
