"""What the tables of directives are made of: a rule a directive, and the scope that it works in."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from .authorization import Authorization, Condition
from .model import ConfigError, ConfigWarning, ServerConfig, VirtualHost
from .patterns import Pattern
from .settings import DEFAULTS, AllowOverride, DirectorySettings, Options, Place
from .syntax import Directive

NUMBER = re.compile(r"\s*([+-]?\d+)")
MAX_NUMBER = 2**31 - 1
ALL_OPTIONS = AllowOverride().options


class DirectiveError(ConfigError):
    """What is wrong with a directive, in httpd's words.

    Attributes:
        culprit: the directive; None until somebody knows it.
    """

    culprit: Directive | None = None


class Arity(NamedTuple):
    """How many words a directive takes; ``most`` None is any number."""

    least: int
    most: int | None
    complaint: str


RAW = Arity(0, None, "")
NONE = Arity(0, 0, "takes no arguments")
ONE = Arity(1, 1, "takes one argument")
TWO = Arity(2, 2, "takes two arguments")
ONE_OR_TWO = Arity(1, 2, "takes 1-2 arguments")
TWO_OR_THREE = Arity(2, 3, "takes two or three arguments")
ONE_TO_THREE = Arity(1, 3, "takes one, two or three arguments")
EACH = Arity(1, None, "requires at least one argument")
EACH_AFTER_FIRST = Arity(2, None, "requires at least two arguments")
FLAG = Arity(1, None, "must be On or Off")


@dataclass
class Requirements:
    """The Require lines of one section while it is read."""

    how: str = "any"
    parts: list[Authorization | Condition] = field(default_factory=list)

    def authorization(self) -> Authorization:
        """Return what they amount to."""
        return Authorization(self.how, tuple(self.parts))


@dataclass
class Scope:
    """The records that a directive works on, and what may be said there.

    Attributes:
        config, host: the configuration and the host whose lines are read.
        settings: of the section, or those of the host outside of sections.
        allowed: the places that hold here.
        options: the words that Options may use here.
        path: the pattern of the section; None outside of sections. In .htaccess its folder.
        in_htaccess: the lines are a client's folder's, not the administrator's.
        overriding: what AllowOverride says, for .htaccess.
        requirements: the Require lines of the section so far.
        in_location: the section is about URLs, not files.
        rules: of all directives that exist, by name in lower case.
    """

    config: ServerConfig
    host: VirtualHost
    settings: DirectorySettings
    allowed: Place = Place.SERVER | Place.OPTIONS | Place.FILE_INFO | Place.INDEXES
    options: Options = ALL_OPTIONS
    path: bytes | None = None
    in_htaccess: bool = False
    overriding: AllowOverride = DEFAULTS.allow_override or AllowOverride()
    requirements: Requirements = field(default_factory=Requirements)
    in_location: bool = False
    rules: "Mapping[str, Rule]" = field(default_factory=dict, repr=False)

    def in_section(self, settings: DirectorySettings, path: bytes, *, location: bool = False) -> "Scope":
        """Return the scope of a section's lines."""
        everything = Place.SECTION | Place.ALL_CLASSES
        return replace(
            self,
            settings=settings,
            path=path,
            allowed=self.allowed if self.in_htaccess else everything,
            requirements=Requirements(),
            in_location=location,
        )

    @property
    def in_host(self) -> bool:
        """The lines are a virtual host's."""
        return self.host is not self.config.main

    def warn(self, text: str, *, level: str = "warn", module: str = "core") -> None:
        """Keep a warning, which is shown when the configuration has been read."""
        self.config.warnings.append(ConfigWarning(text, level, module))


Apply = Callable[[Scope, Directive], None]


class Rule(NamedTuple):
    """One row of a table.

    Attributes:
        name: as httpd spells it.
        places: where it may stand: one of them is enough.
        arity: how many words it takes.
        apply: what it does; raises DirectiveError.
        global_only: it may not stand in ``<VirtualHost>``.
    """

    name: str
    places: Place
    arity: Arity
    apply: Apply
    global_only: bool = False


def in_server(name: str, arity: Arity, apply: Apply) -> Rule:
    """A directive of the main server alone."""
    return Rule(name, Place.SERVER, arity, apply, global_only=True)


def in_hosts(name: str, arity: Arity, apply: Apply) -> Rule:
    """A directive of the main server and of virtual hosts."""
    return Rule(name, Place.SERVER, arity, apply)


def check_words(line: Directive, arity: Arity) -> None:
    """Check the number of words; those that have to be there must not be empty.

    Raises:
        DirectiveError: there are too few or too many.
    """
    if arity is RAW:
        return
    args = line.args
    too_many = arity.most is not None and len(args) > arity.most
    if len(args) < arity.least or too_many or not all(args[: arity.least]):
        raise DirectiveError(f"{line.name} {arity.complaint}")


def forbidden(line: Directive) -> DirectiveError:
    """Return the error of a directive that may not stand where it does."""
    if line.parent is None:
        return DirectiveError(f"{line.name} not allowed here")
    return DirectiveError(f"{line.name} not allowed in {line.parent.name}> context")


def integer(text: str) -> int:
    """Return what C's atoi makes of a text: the number at its front, or 0."""
    match = NUMBER.match(text)
    return max(-MAX_NUMBER, min(int(match[1]), MAX_NUMBER)) if match else 0


def on_off(line: Directive) -> bool:
    """Return a flag.

    Raises:
        DirectiveError: it is neither On nor Off.
    """
    value = line.args[0].lower()
    if value not in ("on", "off"):
        raise DirectiveError(f"{line.name} must be On or Off")
    return value == "on"


def choice(line: Directive, values: dict[str, str], complaint: str) -> str:
    """Return what the table has for the first word; upper and lower case are the same.

    Raises:
        DirectiveError: with that complaint; the table does not have it.
    """
    value = values.get(line.args[0].lower())
    if value is None:
        raise DirectiveError(complaint)
    return value


def set_config(attribute: str, value: Callable[[Directive], object]) -> Apply:
    """Return a rule that sets an attribute of the ServerConfig."""
    return lambda scope, line: setattr(scope.config, attribute, value(line))


def set_setting(attribute: str, value: Callable[[Directive], object]) -> Apply:
    """Return a rule that sets an attribute of the DirectorySettings."""
    return lambda scope, line: setattr(scope.settings, attribute, value(line))


def set_host_value(attribute: str, value: Callable[[Directive], object]) -> Apply:
    """Return a rule that sets one of HostValues: in the configuration, or in the virtual host."""

    def apply(scope: Scope, line: Directive) -> None:
        put_host_value(scope, attribute, value(line))

    return apply


def put_host_value(scope: Scope, attribute: str, value: object) -> None:
    """Set one of HostValues for the host that the lines belong to."""
    if scope.in_host:
        scope.host.values[attribute] = value
    else:
        setattr(scope.config, attribute, value)


def number(line: Directive) -> int:
    """Return the first word as httpd's atoi takes it."""
    return integer(line.args[0])


def text(line: Directive) -> str:
    """Return the first word."""
    return line.args[0]


def encoded(line: Directive) -> bytes:
    """Return the first word as bytes."""
    return os.fsencode(line.args[0])


def nothing(scope: Scope, line: Directive) -> None:
    """Accept a directive that has no effect here."""
    del scope, line


def compiled(pattern: str, complaint: str, *, ignore_case: bool = False) -> Pattern:
    """Compile a regular expression of the configuration.

    Raises:
        DirectiveError: with that complaint; it is none.
    """
    try:
        return Pattern(os.fsencode(pattern), ignore_case=ignore_case)
    except ValueError:
        raise DirectiveError(complaint) from None
