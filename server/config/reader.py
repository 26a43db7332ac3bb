"""Files to a tree of directives: what httpd does while it reads, before it applies anything.

Every directive finds its place in the tree. Those of :mod:`on_read <.on_read>` take
effect at once instead (ap_build_config of httpd's server/config.c).
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .model import ConfigWarning, ServerConfig
from .on_read import ON_READ
from .rules import DirectiveError, check_words, forbidden
from .settings import Place
from .syntax import Directive, Line, first_word, lines

VARIABLE = re.compile(r"\$\{([^}]*)\}")


@dataclass
class Frame:
    """A file being read.

    Attributes:
        culprit: the directive that an error is about.
    """

    path: Path
    lines: Iterator[Line]
    culprit: Directive | None = None


@dataclass
class Level:
    """The directives of one file or condition, and the sections that are open in it."""

    directives: list[Directive] = field(default_factory=list)
    open: list[Directive] = field(default_factory=list)

    def add(self, directive: Directive) -> None:
        """Put a directive into the innermost open section."""
        if not self.open:
            self.directives.append(directive)
            return
        section = self.open[-1]
        directive.parent = section
        assert section.children is not None
        section.children.append(directive)


class Reader:
    """Reads files; what they define and load stays with it.

    Attributes:
        config: takes modules, defined names and folders.
        allowed: the places that hold at the top of the files.
        in_htaccess: they are .htaccess files.
        depth: how many Includes are being read.
        spelling: gives httpd's own spelling of a directive's name, None for an unknown one.
    """

    def __init__(
        self,
        config: ServerConfig,
        spelling: Callable[[str], str | None],
        allowed: Place,
        *,
        in_htaccess: bool = False,
    ) -> None:
        self.config: ServerConfig = config
        self.spelling: Callable[[str], str | None] = spelling
        self.allowed = allowed
        self.in_htaccess = in_htaccess
        self.depth = 0

    def file(self, path: Path, included_at: int = 0) -> list[Directive]:
        """Return the tree of a file.

        Args:
            path: of the file.
            included_at: the line of the Include that asked for it.

        Raises:
            DirectiveError: it cannot be read, or is wrong; with its place, if that is in the file.
        """
        try:
            text = path.read_bytes().decode("utf-8", "surrogateescape")
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise DirectiveError(f"Could not open configuration file {path}: {reason}") from None
        self.config.included.append((self.depth, included_at, path))
        frame = Frame(path, lines(text))
        try:
            return self.text(frame)
        except DirectiveError as error:
            if frame.culprit is None:
                raise
            place = f"line {frame.culprit.line} of {frame.culprit.file}"
            raise DirectiveError(f"Syntax error on {place}: {error}") from None

    def text(self, frame: Frame) -> list[Directive]:
        """Return the tree of what is left of a file.

        Raises:
            DirectiveError: it is wrong; the frame has the culprit.
        """
        level = Level()
        for line in frame.lines:
            self._line(line, frame, level)
        if level.open:
            frame.culprit = level.open[0]
            raise DirectiveError(
                "\\n".join(
                    f"{item.file}:{item.line}: {item.name}> was not closed." for item in level.open[::-1]
                )
            )
        return level.directives

    def until_closed(self, name: str, frame: Frame) -> list[Directive]:
        """Return the tree of a condition's lines; at its end, or at that of the file."""
        level = Level()
        for line in frame.lines:
            if not level.open and line.text.lower() == f"</{name[1:].lower()}>":
                break
            self._line(line, frame, level)
        return level.directives

    def skip(self, name: str, frame: Frame) -> None:
        """Leave out a condition's lines, whatever they are (ap_soak_end_container).

        Raises:
            DirectiveError: sections do not match, or it is not closed.
        """
        for line in frame.lines:
            word, rest = first_word(line.text)
            if word.startswith("</"):
                if word[2:-1].lower() != name[1:].lower():
                    raise DirectiveError(f"Expected </{name[1:]}> but saw {word[:-1]}>")
                return
            if word.startswith("<"):
                self.skip(word.removesuffix(">") if not rest else word, frame)
        raise DirectiveError(f"Expected </{name[1:]}> before end of configuration")

    def expanded(self, text: str) -> str:
        """Replace ``${NAME}`` by what Define or the environment says; an unknown one stays."""

        def value(match: re.Match[str]) -> str:
            name = match[1]
            found = self.config.defines.get(name)
            if found is None:
                found = os.environ.get(name)
            if found is None and ":" not in name:
                text = f"AH00111: Config variable ${{{name}}} is not defined"
                self.config.warnings.append(ConfigWarning(text))
            return match[0] if found is None else found

        return VARIABLE.sub(value, text)

    def _line(self, line: Line, frame: Frame, level: Level) -> None:
        if line.text.startswith("#"):
            return
        name, text = first_word(self.expanded(line.text))
        if not name.startswith("</"):
            name = name[:1] + name[1:].removesuffix(">")
            text = text or (">" if name.startswith("<") else "")
        known = self.spelling(name)
        directive = Directive(known or name, text, frame.path, line.number)
        rule = ON_READ.get(name.lower())
        if rule is not None and known is not None:
            frame.culprit = directive
            if not rule.places & self.allowed:
                raise forbidden(directive)
            check_words(directive, rule.arity)
            for each in rule.apply(self, directive, frame):
                level.add(each)
        elif name.startswith("</"):
            _close(name, directive, frame, level)
        else:
            level.add(directive)
            if name.startswith("<"):
                directive.children = []
                level.open.append(directive)


def _close(name: str, directive: Directive, frame: Frame, level: Level) -> None:
    """End the innermost section."""
    problem = None
    if not level.open:
        problem = f"{name} without matching <{name[2:]} section"
    elif not name.endswith(">"):
        problem = f"{name}> directive missing closing '>'"
    elif name[2:-1].lower() != level.open[-1].name[1:].lower():
        problem = f"Expected </{level.open[-1].name[1:]}> but saw {name[:-1]}>"
    if problem is not None:
        frame.culprit = directive
        raise DirectiveError(problem)
    level.open.pop()
