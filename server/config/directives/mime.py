"""What a file name's extensions say of its content (httpd's modules/http/mod_mime.c)."""

import os

from ..rules import (
    EACH,
    EACH_AFTER_FIRST,
    FLAG,
    ONE,
    Apply,
    DirectiveError,
    Rule,
    Scope,
    encoded,
    in_hosts,
    nothing,
    set_setting,
)
from ..settings import Place
from ..syntax import Directive

FILE_INFO = Place.FILE_INFO


def _extension(text: str) -> bytes:
    return os.fsencode(text.removeprefix(".").lower())


def _add(attribute: str) -> Apply:
    """Return the rule of ``Add... value extension ...``."""

    def apply(scope: Scope, line: Directive) -> None:
        value, *extensions = line.args
        if scope.in_htaccess and attribute == "handlers" and value.lower() == "crash":
            raise DirectiveError("AddHandler crash not allowed here")
        table = getattr(scope.settings, attribute)
        table.update((_extension(extension), os.fsencode(value.lower())) for extension in extensions)

    return apply


def _remove(attribute: str) -> Apply:
    """Return the rule of ``Remove... extension ...``."""

    def apply(scope: Scope, line: Directive) -> None:
        getattr(scope.settings, attribute).update((_extension(name), None) for name in line.args)

    return apply


def _types_config(scope: Scope, line: Directive) -> None:
    scope.config.types_config = scope.config.relative(line.args[0])


RULES = (
    Rule("AddCharset", FILE_INFO, EACH_AFTER_FIRST, _add("charsets")),
    Rule("AddEncoding", FILE_INFO, EACH_AFTER_FIRST, _add("encodings")),
    Rule("AddHandler", FILE_INFO, EACH_AFTER_FIRST, _add("handlers")),
    Rule("AddInputFilter", FILE_INFO, EACH_AFTER_FIRST, nothing),
    Rule("AddLanguage", FILE_INFO, EACH_AFTER_FIRST, _add("languages")),
    Rule("AddOutputFilter", FILE_INFO, EACH_AFTER_FIRST, nothing),
    Rule("AddType", FILE_INFO, EACH_AFTER_FIRST, _add("types")),
    Rule("DefaultLanguage", FILE_INFO, ONE, set_setting("default_language", encoded)),
    Rule("ModMimeUsePathInfo", Place.SECTION, FLAG, nothing),
    Rule("MultiviewsMatch", FILE_INFO, EACH, nothing),
    Rule("RemoveCharset", FILE_INFO, EACH, _remove("charsets")),
    Rule("RemoveEncoding", FILE_INFO, EACH, _remove("encodings")),
    Rule("RemoveHandler", FILE_INFO, EACH, _remove("handlers")),
    Rule("RemoveInputFilter", FILE_INFO, EACH, nothing),
    Rule("RemoveLanguage", FILE_INFO, EACH, _remove("languages")),
    Rule("RemoveOutputFilter", FILE_INFO, EACH, nothing),
    Rule("RemoveType", FILE_INFO, EACH, _remove("types")),
    in_hosts("TypesConfig", ONE, _types_config),
)
