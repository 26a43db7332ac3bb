"""The directives: a table for each module of httpd that has some."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from ..levels import LOG_LEVELS
from ..modules import BUILT_IN
from ..on_read import SPELLINGS
from ..rules import Rule
from . import (
    alias,
    authz,
    autoindex,
    core,
    env,
    folder,
    http,
    log,
    mime,
    mpm,
    options,
    reqtimeout,
    sections,
    unixd,
)
from .dir import RULES as DIR_RULES
from .ignored import IGNORED

__all__ = ["LOG_LEVELS", "rules_of", "spelling_of"]

TABLES: dict[str, tuple[Rule, ...]] = {
    **IGNORED,
    "core_module": core.RULES + options.RULES + folder.RULES + sections.RULES + log.ERROR_LOG_RULES,
    "http_module": http.RULES,
    "log_config_module": log.RULES,
    "unixd_module": unixd.RULES,
    "mpm_event_module": mpm.EVENT,
    "mpm_prefork_module": mpm.PREFORK,
    "mpm_worker_module": mpm.WORKER,
    "alias_module": alias.RULES,
    "authz_core_module": authz.RULES,
    "autoindex_module": autoindex.RULES,
    "dir_module": DIR_RULES,
    "env_module": env.ENV,
    "mime_module": mime.RULES,
    "reqtimeout_module": reqtimeout.RULES,
    "setenvif_module": env.SETENVIF,
}


@lru_cache(64)
def rules_of(modules: tuple[str, ...]) -> Mapping[str, Rule]:
    """Return the directives of the modules that are built in and of those given, by lower-case name."""
    return {rule.name.lower(): rule for name in (*BUILT_IN, *modules) for rule in TABLES.get(name, ())}


def spelling_of(name: str, modules: Iterable[str]) -> str | None:
    """Return httpd's spelling of a directive's name; None for one that does not exist."""
    lower = name.lower()
    rule = rules_of(tuple(modules)).get(lower)
    return SPELLINGS.get(lower) if rule is None else rule.name
