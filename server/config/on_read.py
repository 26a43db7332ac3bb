"""Directives that take effect while the files are read: conditions, Define, Include, LoadModule."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .included import included_files
from .model import ConfigWarning
from .modules import BUILT_IN, IGNORED, LOADABLE, MPMS, is_among
from .rules import EACH, ONE, ONE_OR_TWO, RAW, TWO, Arity, DirectiveError
from .settings import Place
from .syntax import Directive, first_word, words

if TYPE_CHECKING:
    from .reader import Frame, Reader

MAX_INCLUDE_DEPTH = 20  # AP_MAX_INCLUDE_DEPTH of httpd's server/core.c
IMITATED_VERSION = "2.4.71"
VERSION = re.compile(r"(\d+)(?:\.(\d+)(?:\.(\d+))?)?")
Tree = list[Directive]
Apply = Callable[["Reader", Directive, "Frame"], Tree]


class ReadRule(NamedTuple):
    """One row of the table."""

    places: Place
    arity: Arity
    apply: Apply


def _condition(test: Callable[["Reader", str], bool]) -> Apply:
    """Return the rule of a condition: its lines count when the test is as wanted."""

    def apply(reader: "Reader", line: Directive, frame: "Frame") -> Tree:
        argument, found, _ = line.text.rpartition(">")
        if not found:
            raise DirectiveError(f"{line.name}> directive missing closing '>'")
        negated = argument.startswith("!")
        word, _ = first_word(argument.removeprefix("!"))
        if not word:
            raise DirectiveError(f"{line.name}> directive requires additional arguments")
        if test(reader, word) != negated:
            return reader.until_closed(line.name, frame)
        reader.skip(line.name, frame)
        return []

    return apply


def _if_version(reader: "Reader", line: Directive, frame: "Frame") -> Tree:
    """``<IfVersion [[!]operator] version>`` against the version that is imitated (mod_version)."""
    args = words(line.text.rpartition(">")[0])
    operator, wanted = ("=", *args) if len(args) == 1 else (*args, "", "")[:2]
    negated, operator = operator.startswith("!"), operator.removeprefix("!")
    if operator == "~" or (operator in ("", "=", "==") and wanted[:1] == wanted[-1:] == "/"):
        holds = re.search(wanted.strip("/"), IMITATED_VERSION) is not None
    else:
        holds = _compares(operator, wanted)
    if holds != negated:
        return reader.until_closed(line.name, frame)
    reader.skip(line.name, frame)
    return []


def _compares(operator: str, wanted: str) -> bool:
    match = VERSION.fullmatch(wanted)
    if match is None:
        raise DirectiveError(
            "Version appears to be invalid. It must have the format major[.minor[.patch]] where major, minor"
            " and patch are numbers."
        )
    version = [int(part or 0) for part in match.groups()]
    ours = [int(part) for part in IMITATED_VERSION.split(".")]
    return (
        ("=" in operator and ours == version)
        or (">" in operator and ours > version)
        or ("<" in operator and ours < version)
    )


def _define(reader: "Reader", line: Directive, frame: "Frame") -> Tree:
    del frame
    name, *value = line.args
    if ":" in name:
        raise DirectiveError("Variable name must not contain ':'")
    reader.config.defines[name] = value[0] if value else None
    return []


def _undefine(reader: "Reader", line: Directive, frame: "Frame") -> Tree:
    del frame
    if ":" in line.args[0]:
        raise DirectiveError("Variable name must not contain ':'")
    reader.config.defines.pop(line.args[0], None)
    return []


def _include(reader: "Reader", line: Directive, frame: "Frame") -> Tree:
    del frame
    if reader.depth >= MAX_INCLUDE_DEPTH:
        raise DirectiveError(
            f"Exceeded maximum include depth of {MAX_INCLUDE_DEPTH}, There appears to be a recursion."
        )
    reader.depth += 1
    tree: Tree = []
    path = reader.config.relative(line.args[0])
    for each in included_files(path, optional=line.name.lower() == "includeoptional"):
        tree += reader.file(each, line.line)
    reader.depth -= 1
    return tree


def _load_module(reader: "Reader", line: Directive, frame: "Frame") -> Tree:
    """Load what is built in here; there are no files to load it from, so the path counts for nothing."""
    del frame
    name, path = line.args
    config = reader.config
    if name in BUILT_IN:
        raise DirectiveError(f"module {name} is built-in and can't be loaded")
    if name in config.modules:
        config.warnings.append(
            ConfigWarning(f"AH01574: module {name} is already loaded, skipping", module="so")
        )
    elif name in (*MPMS, *LOADABLE) or name in IGNORED:
        config.modules.append(name)
        config.extended_status |= name == "status_module"
    else:
        file = config.relative(path)
        missing = "cannot open shared object file: No such file or directory"
        reason = "it is no module of this server" if file.exists() else missing
        raise DirectiveError(f"Cannot load {path} into server: {file}: {reason}")
    return []


def _load_file(reader: "Reader", line: Directive, frame: "Frame") -> Tree:
    del reader, frame
    raise DirectiveError(f"Cannot load {line.args[0]} into server: there are no shared objects here")


def _server_root(reader: "Reader", line: Directive, frame: "Frame") -> Tree:
    del frame
    path = Path(line.args[0])
    if not path.is_dir():
        raise DirectiveError("ServerRoot must be a valid directory")
    reader.config.server_root = path.absolute()
    return []


def _runtime_dir(reader: "Reader", line: Directive, frame: "Frame") -> Tree:
    del frame
    path = reader.config.relative(line.args[0])
    if not path.is_dir():
        raise DirectiveError(
            "DefaultRuntimeDir must be a valid directory, absolute or relative to ServerRoot"
        )
    reader.config.default_runtime_dir = path
    return []


def _has_module(reader: "Reader", name: str) -> bool:
    return is_among(name, [*BUILT_IN, *reader.config.modules])


ANYWHERE = Place.SERVER | Place.SECTION | Place.ALL_CLASSES
NOT_IN_HTACCESS = Place.SERVER | Place.SECTION
ON_READ: dict[str, ReadRule] = {
    "<ifmodule": ReadRule(ANYWHERE, RAW, _condition(_has_module)),
    "<ifdefine": ReadRule(ANYWHERE, RAW, _condition(lambda reader, name: name in reader.config.defines)),
    "<iffile": ReadRule(
        ANYWHERE, RAW, _condition(lambda reader, name: reader.config.relative(name).exists())
    ),
    "<ifdirective": ReadRule(
        ANYWHERE, RAW, _condition(lambda reader, name: reader.spelling(name) is not None)
    ),
    "<ifsection": ReadRule(
        ANYWHERE, RAW, _condition(lambda reader, name: reader.spelling(f"<{name}") is not None)
    ),
    "<ifversion": ReadRule(ANYWHERE, RAW, _if_version),
    "define": ReadRule(NOT_IN_HTACCESS, ONE_OR_TWO, _define),
    "undefine": ReadRule(NOT_IN_HTACCESS, ONE, _undefine),
    "include": ReadRule(NOT_IN_HTACCESS, ONE, _include),
    "includeoptional": ReadRule(NOT_IN_HTACCESS, ONE, _include),
    "loadmodule": ReadRule(Place.SERVER, TWO, _load_module),
    "loadfile": ReadRule(Place.SERVER, EACH, _load_file),
    "serverroot": ReadRule(Place.SERVER, ONE, _server_root),
    "defaultruntimedir": ReadRule(Place.SERVER, ONE, _runtime_dir),
}
"""By names in lower case."""

_NAMES = """<IfModule <IfDefine <IfFile <IfDirective <IfSection <IfVersion Define UnDefine Include
    IncludeOptional LoadModule LoadFile ServerRoot DefaultRuntimeDir"""
SPELLINGS = {name.lower(): name for name in _NAMES.split()}
