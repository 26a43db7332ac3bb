"""``<VirtualHost>``, ``<Directory>``, ``<Files>`` and ``<Location>`` (httpd's server/core.c)."""

import os
import re
import socket

from ..model import VirtualHost
from ..rules import RAW, DirectiveError, Rule, Scope, compiled
from ..settings import DirectorySettings, Place, Section
from ..syntax import Directive, words
from ..walk import walk

WILDCARDS = re.compile(rb"[*?\[]")
ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:\[\]]*?)(?::(?P<port>\d+|\*))?")
BAD_REGEX = "Regex could not be compiled"


def argument_of(line: Directive) -> str:
    """Return what stands between a section's name and its ``>``.

    Raises:
        DirectiveError: there is nothing, or no ``>``.
    """
    argument, found, _ = line.text.rpartition(">")
    if not found:
        raise DirectiveError(f"{line.name}> directive missing closing '>'")
    if not argument:
        raise DirectiveError(f"{line.name}> directive requires additional arguments")
    return argument


def _pattern(line: Directive) -> tuple[str, bool]:
    """Return the section's pattern, and whether it is a regular expression."""
    args = words(argument_of(line))
    is_regex = line.name.lower().endswith("match")
    if args[0] == "~" and not is_regex:
        is_regex = True
        args = args[1:] or [""]
    if len(args) > 1:
        raise DirectiveError(f"Multiple {line.name}> arguments not (yet) supported.")
    return args[0], is_regex


def _section(pattern: str, *, is_regex: bool) -> Section:
    encoded = os.fsencode(pattern)
    if is_regex:
        return Section(encoded, DirectorySettings(), regex=compiled(pattern, BAD_REGEX))
    return Section(encoded, DirectorySettings(), has_wildcards=WILDCARDS.search(encoded) is not None)


def _fill(section: Section, scope: Scope, line: Directive, *, location: bool = False) -> None:
    """Apply what stands in a section."""
    inner = scope.in_section(section.settings, section.pattern, location=location)
    walk(line.children or [], inner)


def _directory(scope: Scope, line: Directive) -> None:
    pattern, is_regex = _pattern(line)
    if not is_regex:
        pattern = str(scope.config.relative(pattern))
    section = _section(pattern, is_regex=is_regex)
    _fill(section, scope, line)
    scope.host.directories.append(section)


def _location(scope: Scope, line: Directive) -> None:
    pattern, is_regex = _pattern(line)
    section = _section(pattern, is_regex=is_regex)
    _fill(section, scope, line, location=True)
    scope.host.locations.append(section)


def _files(scope: Scope, line: Directive) -> None:
    if scope.in_location:
        parent = next(item for item in _parents(line) if item.name.lower().startswith("<location"))
        raise DirectiveError(f"{line.name}> cannot occur within {parent.name}> section")
    pattern, is_regex = _pattern(line)
    section = _section(pattern, is_regex=is_regex)
    _fill(section, scope, line)
    if scope.path is None:
        scope.host.files.append(section)
    else:
        scope.settings.files += (section,)


def _parents(line: Directive) -> list[Directive]:
    found = []
    while line.parent is not None:
        line = line.parent
        found.append(line)
    return found


def _virtual_host(scope: Scope, line: Directive) -> None:
    addresses = []
    for word in words(argument_of(line)):
        addresses += virtual_host_addresses(word, scope)
    host = VirtualHost(addresses, place=f"{line.file}:{line.line}")
    scope.config.virtual_hosts.append(host)
    walk(line.children or [], _host_scope(scope, host))


def _host_scope(scope: Scope, host: VirtualHost) -> Scope:
    return Scope(scope.config, host, host.settings, allowed=scope.allowed, rules=scope.rules)


def virtual_host_addresses(text: str, scope: Scope) -> list[tuple[str, int]]:
    """Return the addresses and port that one word of ``<VirtualHost>`` names; '' and 0 are any.

    Raises:
        DirectiveError: the word is no address.
    """
    match = ADDRESS.fullmatch(text)
    if match is None:
        return _unknown_host(text, scope)
    if not match["host"]:
        raise DirectiveError("The address or port is invalid")
    port = 0 if match["port"] in (None, "*") else int(match["port"])
    if port > 65535 or match["port"] == "0":
        raise DirectiveError("The address or port is invalid")
    host = match["host"].strip("[]")
    if host.lower() in ("*", "_default_"):
        return [("", port)]
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return _unknown_host(host, scope)
    return [(str(address[4][0]), port) for address in found]


def _unknown_host(host: str, scope: Scope) -> list[tuple[str, int]]:
    text = f"(EAI 2)Name or service not known: AH00547: Could not resolve host name {host} -- ignoring!"
    scope.warn(text, level="error")
    return []


RULES = (
    Rule("<VirtualHost", Place.SERVER, RAW, _virtual_host, global_only=True),
    Rule("<Directory", Place.SERVER, RAW, _directory),
    Rule("<DirectoryMatch", Place.SERVER, RAW, _directory),
    Rule("<Location", Place.SERVER, RAW, _location),
    Rule("<LocationMatch", Place.SERVER, RAW, _location),
    Rule("<Files", Place.ALL_CLASSES, RAW, _files),
    Rule("<FilesMatch", Place.ALL_CLASSES, RAW, _files),
)
