"""Options and AllowOverride (httpd's server/core.c)."""

from ..rules import RAW, DirectiveError, Rule, Scope
from ..settings import AllowOverride, Options, Place
from ..syntax import Directive

OPTIONS = {
    "indexes": Options.INDEXES,
    "includes": Options.INCLUDES | Options.INCLUDES_WITH_EXEC,
    "includesnoexec": Options.INCLUDES,
    "followsymlinks": Options.FOLLOW_SYMLINKS,
    "symlinksifownermatch": Options.SYMLINKS_IF_OWNER_MATCH,
    "execcgi": Options.EXEC_CGI,
    "multiviews": Options.MULTIVIEWS,
    "runscripts": Options.MULTIVIEWS | Options.EXEC_CGI,
    "none": Options.NONE,
    "all": Options.ALL,
}
CLASSES = {
    "limit": Place.LIMIT,
    "options": Place.OPTIONS,
    "fileinfo": Place.FILE_INFO,
    "authconfig": Place.AUTH_CONFIG,
    "indexes": Place.INDEXES,
}
MIXED_SIGNS = "Either all Options must start with + or -, or no Option may."


def _options(scope: Scope, line: Directive) -> None:
    settings = scope.settings
    signed = None
    for position, arg in enumerate(line.args):
        sign, name = (arg[0], arg[1:]) if arg[:1] in ("+", "-") else ("", arg)
        option = OPTIONS.get(name.lower())
        _check_option(position, sign, name, signed)
        if option is None:
            raise DirectiveError(f"Illegal option {name}")
        if option not in scope.options:
            raise DirectiveError(f"Option {name} not allowed here")
        if not sign:
            settings.options = option | (settings.options or Options.NONE if position else Options.NONE)
            settings.options_add = settings.options_remove = Options.NONE
        elif sign == "+":
            settings.options_add |= option
            settings.options_remove &= ~option
        else:
            settings.options_remove |= option
            settings.options_add &= ~option
        signed = bool(sign)
    _settle_signed(scope)


def _check_option(position: int, sign: str, name: str, signed: bool | None) -> None:
    """Raise what httpd says of None and All in the wrong place, and of signs that are mixed."""
    whole = name.lower() in ("none", "all")
    if signed is not None and signed != bool(sign):
        raise DirectiveError(MIXED_SIGNS)
    if whole and position:
        first = "Option" if name.lower() == "none" else "option"
        raise DirectiveError(f"'Options {name.capitalize()}' must be the first {first} given.")
    if whole and sign:
        shown = name.capitalize()
        raise DirectiveError(f"You may not use 'Options +{shown}' or 'Options -{shown}'.")


def _settle_signed(scope: Scope) -> None:
    """Signs after plain words in the same section change those words."""
    settings = scope.settings
    if settings.options is not None:
        settings.options = (settings.options & ~settings.options_remove) | settings.options_add


def _allow_override(scope: Scope, line: Directive) -> None:
    if scope.in_location:
        scope.warn(f"AH00114: Useless use of AllowOverride in line {line.line} of {line.file}.")
    classes, options = Place.NOWHERE, AllowOverride().options
    fatal = {"override": True, "unknown": True}
    for arg in line.args:
        name, equals, value = arg.partition("=")
        if name.lower() in ("none", "all"):
            classes = Place.ALL_CLASSES if name.lower() == "all" else Place.NOWHERE
        elif name.lower() == "nonfatal":
            if not equals:
                raise DirectiveError(f"=Override, =Unknown or =All expected after {name}")
            fatal.update(dict.fromkeys(fatal if value.lower() == "all" else [value.lower()], False))
        elif name.lower() in CLASSES:
            classes |= CLASSES[name.lower()]
            if name.lower() == "options" and equals:
                options = _allowed_options(value)
        else:
            raise DirectiveError(f"Illegal override option {name}")
    known = scope.settings.allow_override
    scope.settings.allow_override = AllowOverride(
        classes,
        options,
        known.directives if known else frozenset(),
        forbidden_is_fatal=fatal["override"],
        unknown_is_fatal=fatal["unknown"],
    )


def _allowed_options(text: str) -> Options:
    """Return the options of ``AllowOverride Options=A,B``."""
    options = Options.NONE
    for name in text.split(","):
        if name.lower() not in OPTIONS:
            raise DirectiveError(f"Illegal option {name}")
        options |= OPTIONS[name.lower()]
    return options


def _allow_override_list(scope: Scope, line: Directive) -> None:
    names = {arg.lower(): arg for arg in line.args}
    if "none" in names and len(names) > 1:
        raise DirectiveError("'None' not allowed with other directives in AllowOverrideList")
    for name in names.keys() - {"none"} - scope.rules.keys():
        scope.warn(
            f"AH00116: Discarding unrecognized directive `{names[name]}' in AllowOverrideList"
            f" at {line.file}:{line.line}"
        )
    known = scope.settings.allow_override or AllowOverride()
    directives = frozenset(names) & frozenset(scope.rules)
    scope.settings.allow_override = AllowOverride(
        known.classes, known.options, directives, known.forbidden_is_fatal, known.unknown_is_fatal
    )


RULES = (
    Rule("AllowOverride", Place.SECTION, RAW, _allow_override),
    Rule("AllowOverrideList", Place.SECTION, RAW, _allow_override_list),
    Rule("Options", Place.OPTIONS, RAW, _options),
)
