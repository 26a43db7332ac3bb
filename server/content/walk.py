"""The directory walk: what lies at a path, and which settings hold on the way there.

httpd's ap_directory_walk and ap_file_walk (server/request.c), call by call: a stat
of the whole path; an lstat of each component where there is nothing, or where
symbolic links are not simply followed; ``.htaccess`` in every directory in which
AllowOverride allows it, also "in" the file itself. What a directory's sections
come to is remembered; what ``.htaccess`` says is read each time.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from ..config import DirectorySettings, Options, Section
from ..http.status import HttpError
from ..sites import Site
from . import htaccess

LINK_OPTIONS = Options.FOLLOW_SYMLINKS | Options.SYMLINKS_IF_OWNER_MATCH
REMEMBERED_DIRECTORIES = 1024
REMEMBERED_LENGTH = 512  # bytes of a longest path of them: paths come from clients


class StopError(HttpError):
    """A walk that may not go on.

    Attributes:
        path: how far it came.
    """

    def __init__(self, error: HttpError, path: bytes) -> None:
        super().__init__(error.status, error.headers, error.reason, error.level, error.notes)
        self.path = path


class Rules(NamedTuple):
    """Settings of a directory, ``<Files>`` and ``<Location>`` left aside.

    Attributes:
        settings: merged from all ``<Directory>`` sections and ``.htaccess`` files.
        is_plain: nowhere on the way down are links looked at or ``.htaccess`` files read.
    """

    settings: DirectorySettings
    is_plain: bool


class Found(NamedTuple):
    """What a path leads to.

    Attributes:
        path: as far as the file system has it; of what is not there, with the first name that is missing.
        info: what stat says of it; None for nothing.
        path_info: the rest of the path that was asked for.
        rules: what holds there.
        is_directory: there is something, and it is a directory.
        checked: the end of ``path`` in which no component was a symbolic link, nor may be one.
        real: what the last link led to that was only good because of its owner, by the kernel's name of it;
            b'' for none. ``checked`` begins there.
        is_overridden: an ``.htaccess`` has had its say in the rules.
    """

    path: bytes
    info: os.stat_result | None
    path_info: bytes
    rules: Rules
    is_directory: bool
    checked: bytes = b""
    real: bytes = b""
    is_overridden: bool = False


class Walker:
    """Walks for one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._sections = [section for section in site.directories if section.regex is None]
        self._regex_sections = [section for section in site.directories if section.regex is not None]
        self._remembered_rules = lru_cache(REMEMBERED_DIRECTORIES)(self._rules_of)

    def walk(self, path: bytes) -> Found:
        """Find what is at an absolute, normalised path.

        Raises:
            StopError: 403, something on the way may not be passed; 500, an ``.htaccess`` is wrong.
        """
        info = _stat(path)
        if info is not None:
            is_directory = stat.S_ISDIR(info.st_mode)
            rules = self.rules_at(path, is_directory=is_directory)
            if rules.is_plain:
                return Found(path, info, b"", rules, is_directory)
        walk = _Walk(self, self._site, path, info)
        try:
            return walk.run()
        except HttpError as error:
            raise StopError(error, walk.here) from None

    def rules_at(self, path: bytes, *, is_directory: bool) -> Rules:
        """Return the rules of a directory, or of the one that a file is in, without looking at anything."""
        directory = path.rstrip(b"/") if is_directory else path.rpartition(b"/")[0]
        is_short = len(directory) <= REMEMBERED_LENGTH
        return (self._remembered_rules if is_short else self._rules_of)(directory or b"/")

    def sections_of(self, depth: int, directory: bytes) -> list[Section]:
        """Return the ``<Directory>`` sections for a directory itself, which has so many components."""
        return [each for each in self._sections if each.depth == depth and each.matches(directory)]

    def sections(self, path: bytes, rules: Rules) -> list[Section]:
        """Return the ``<DirectoryMatch>`` and ``<Files>`` sections that a file's own name brings in."""
        matching = [section for section in self._regex_sections if section.matches(path)]
        name = path.rpartition(b"/")[2]
        if name:
            files = (*self._site.files, *rules.settings.files)
            matching += [section for section in files if section.matches(name)]
        return matching

    def _rules_of(self, directory: bytes) -> Rules:
        """Merge the sections of a directory and of those above it; nothing is read for that."""
        settings = self._site.base
        is_plain = _follows(settings) and not settings.allow_override
        for depth, above in enumerate(_prefixes(directory)):
            for section in self.sections_of(depth, above):
                settings = settings.merged(section.settings)
            is_plain = is_plain and _follows(settings) and not settings.allow_override
        return Rules(settings, is_plain=is_plain)


@dataclass
class _Walk:
    """One walk, component by component."""

    walker: Walker
    site: Site
    path: bytes
    info: os.stat_result | None
    settings: DirectorySettings = field(init=False)
    is_overridden: bool = False
    checked: bytes = b""
    real: bytes = b""
    here: bytes = b""

    def run(self) -> Found:
        """Go down from ``/`` until the path ends or leads no further."""
        self.settings = self.site.base
        seen = self.info
        parts = [part for part in self.path.split(b"/") if part]
        taken = 0
        self._enter(0, b"/")
        for part in parts:
            self.here = here = self.here.rstrip(b"/") + b"/" + part
            taken += 1
            if self.info is None or not _follows(self.settings):
                seen = self._look(here, part)
                if seen is None or stat.S_ISREG(seen.st_mode):
                    break
                if not stat.S_ISDIR(seen.st_mode):
                    raise HttpError(
                        403, reason=b"AH00038: Forbidden: %s doesn't point to a file or directory" % here
                    )
            else:
                self.checked = self.real = b""
            self._enter(taken, here)
        here = self.here.rstrip(b"/")
        rest = parts[taken:]
        tail = b"/" if self.path.endswith(b"/") and parts else b""
        info = self.info or seen
        if not rest and info is not None and stat.S_ISDIR(info.st_mode):
            here, tail = here + tail, b""
        path_info = (b"/" + b"/".join(rest) if rest else b"") + tail
        return Found(
            path=here or b"/",
            info=info,
            path_info=path_info,
            rules=Rules(self.settings, is_plain=False),
            is_directory=info is not None and stat.S_ISDIR(info.st_mode),
            checked=self.checked,
            real=self.real,
            is_overridden=self.is_overridden,
        )

    def _enter(self, depth: int, directory: bytes) -> None:
        """Take what the configuration and ``.htaccess`` say of a directory."""
        if not self.is_overridden:
            self.settings = self.walker.rules_at(directory, is_directory=True).settings
        else:
            for section in self.walker.sections_of(depth, directory):
                self.settings = self.settings.merged(section.settings)
        if self.settings.allow_override:
            self.here = directory.rstrip(b"/") + b"/"
            said = htaccess.read(self.site, directory, self.settings.allow_override)
            if said is not None:
                self.is_overridden = True
                self.settings = self.settings.merged(said)

    def _look(self, here: bytes, name: bytes) -> os.stat_result | None:
        """Return what is at the end of a path without following a link that may not be; None for nothing."""
        try:
            info = os.lstat(here)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _refusal(error, here) from None
        if not stat.S_ISLNK(info.st_mode):
            self.checked += b"/" + name
            return info
        return self._follow(here, info)

    def _follow(self, link: bytes, info: os.stat_result) -> os.stat_result:
        """Return what a symbolic link points to, if it is allowed (httpd's resolve_symlink)."""
        options = self.settings.options or Options.NONE
        by_owner = Options.SYMLINKS_IF_OWNER_MATCH in options
        with contextlib.suppress(OSError):
            if options & LINK_OPTIONS:
                target, real = named(link)
                if not by_owner or target.st_uid == info.st_uid:
                    self.checked, self.real = b"", real if by_owner else b""
                    return target
        raise HttpError(
            403, reason=b"AH00037: Symbolic link not allowed or link target not accessible: " + link
        )


def _stat(path: bytes) -> os.stat_result | None:
    """Return what is there; None also for a file with a slash behind its name."""
    try:
        info = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return None if path.endswith(b"/") and not stat.S_ISDIR(info.st_mode) else info


def named(path: bytes) -> tuple[os.stat_result, bytes]:
    """Return what is at a path, links followed, and the kernel's name of the same thing."""
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        return os.fstat(fd), os.readlink(b"/proc/self/fd/%d" % fd)  # noqa: PTH115  paths are bytes
    finally:
        os.close(fd)


def _follows(settings: DirectorySettings) -> bool:
    """Links are followed without being looked at."""
    return ((settings.options or Options.NONE) & LINK_OPTIONS) == Options.FOLLOW_SYMLINKS


def _prefixes(directory: bytes) -> Iterator[bytes]:
    """Yield ``/``, ``/a``, ``/a/b`` for ``/a/b``."""
    yield b"/"
    here = b""
    for part in directory.split(b"/"):
        if part:
            here += b"/" + part
            yield here


def _refusal(error: OSError, path: bytes) -> HttpError:
    text = b"(%d)%s: " % (error.errno or 0, (error.strerror or "").encode())
    if error.errno == errno.EACCES:
        return HttpError(
            403,
            reason=text
            + b"AH00035: access to %s denied because search permissions are missing on a component "
            b"of the path" % path,
        )
    return HttpError(403, reason=text + b"AH00036: access failed (filesystem path '%s')" % path)
