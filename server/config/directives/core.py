"""Directives of the core that say what holds for the server or a host (httpd's server/core.c)."""

import os
import re
import socket

from ..levels import LOG_LEVELS, LogLevels
from ..model import ListenAddress
from ..modules import BUILT_IN, is_among
from ..rules import (
    EACH,
    FLAG,
    ONE,
    ONE_OR_TWO,
    RAW,
    TWO,
    Apply,
    DirectiveError,
    Rule,
    Scope,
    choice,
    in_hosts,
    in_server,
    integer,
    nothing,
    number,
    on_off,
    put_host_value,
    set_config,
    set_host_value,
    text,
)
from ..settings import Place
from ..syntax import Directive

WILDCARDS = re.compile(r"[*?\[]")
LISTEN = re.compile(r"(?:(?P<host>\[[0-9A-Fa-f:.]+(?:%\w+)?\]|[^:\[\]]+):)?(?P<port>\d+)")
SERVER_TOKENS = {
    "os": "os",
    "min": "min",
    "minimal": "min",
    "major": "major",
    "minor": "minor",
    "prod": "prod",
    "productonly": "prod",
    "full": "full",
}
SERVER_TOKENS_COMPLAINT = (
    "ServerTokens takes 1 argument: 'Prod(uctOnly)', 'Major', 'Minor', 'Min(imal)', 'OS', or 'Full'"
)
LOG_LEVEL_COMPLAINT = f"Log level keyword must be one of {'/'.join(LOG_LEVELS[:8])}/trace1/.../trace8"
PROTOCOL_OPTION_NAMES = {
    name.lower(): name
    for name in ("Allow0.9", "Require1.0", "Strict", "Unsafe", "RegisteredMethods", "LenientMethods")
}
PROTOCOL_OPTIONS = (("allow0.9", "require1.0"), ("strict", "unsafe"), ("registeredmethods", "lenientmethods"))
PROTOCOL_OPTIONS_COMPLAINT = (
    "HttpProtocolOptions accepts 'Unsafe' or 'Strict' (default), 'RegisteredMethods' or 'LenientMethods'"
    " (default), and 'Require1.0' or 'Allow0.9' (default)"
)
MUTEX_MECHANISMS = frozenset({"none", "no", "default", "yes", "flock", "fcntl", "file", "pthread", "sysvsem"})
MUTEX_COMPLAINT = (
    "(Mutex mechanisms are: 'none', 'default', 'flock:/path/to/file', 'fcntl:/path/to/file',"
    " 'file:/path/to/file', 'pthread', 'sysvsem', 'posixsem', 'sem')"
)
MAX_SECONDS = 2_000_000  # poll(2) and epoll_wait(2) count milliseconds in an int


def _listen(scope: Scope, line: Directive) -> None:
    """``Listen [address:]port [protocol]``; port 0, which httpd refuses, lets the kernel choose one."""
    if not 1 <= len(line.args) <= 2:
        raise DirectiveError("Listen requires 1 or 2 arguments.")
    match = LISTEN.fullmatch(line.args[0])
    if match is None:
        unnumbered = ":" not in line.args[0]
        raise DirectiveError("Port must be specified" if unnumbered else "Invalid address or port")
    port = int(match["port"])
    if port > 65535:
        raise DirectiveError("Invalid address or port")
    host = (match["host"] or "").strip("[]")
    scope.config.listens.append(ListenAddress("" if host == "*" else _address(host), port))


def _address(host: str) -> str:
    """Return a host's address."""
    if not host:
        return ""
    try:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
    except OSError:
        raise DirectiveError("Listen setup failed") from None


def _document_root(scope: Scope, line: Directive) -> None:
    path = scope.config.relative(line.args[0])
    if not path.is_dir():
        if not scope.in_host:
            raise DirectiveError(f"DocumentRoot '{path}' is not a directory, or is not readable")
        scope.warn(f"AH00112: Warning: DocumentRoot [{path}] does not exist", module="")
    scope.host.document_root = bytes(path)


def _server_name(scope: Scope, line: Directive) -> None:
    whole = line.args[0]
    if WILDCARDS.search(whole):
        raise DirectiveError(f'Invalid ServerName "{whole}" use ServerAlias to set multiple server names.')
    rest = whole.rpartition("://")[2]
    name, colon, port = rest.partition(":")
    if colon and not 0 < integer(port) < 65536:
        raise DirectiveError(f'The port number "{whole}" is outside the appropriate range (i.e., 1..65535).')
    scope.host.server_name, scope.host.server_port = name, integer(port) if colon else None


def _server_alias(scope: Scope, line: Directive) -> None:
    if not scope.in_host:
        raise DirectiveError("ServerAlias only used in <VirtualHost>")
    scope.host.server_aliases.extend(line.args)


def _log_level(scope: Scope, line: Directive) -> None:
    """``LogLevel [module:]level ...``."""
    modules: dict[str, str] = {}
    for arg in line.args:
        module, colon, level = arg.partition(":")
        if not colon:
            module, level = "", arg
        if level.lower() not in LOG_LEVELS:
            raise DirectiveError(f"{arg}: {LOG_LEVEL_COMPLAINT}" if colon else LOG_LEVEL_COMPLAINT)
        loaded = [*BUILT_IN, *scope.config.modules]
        if colon and not is_among(module, loaded) and not is_among(f"{module}_module", loaded):
            raise DirectiveError(f"Cannot find module {module}")
        modules[module.removesuffix(".c").removeprefix("mod_").removesuffix("_module")] = level.lower()
    if scope.path is not None:
        said, known = LogLevels(modules.pop("", None), modules), scope.settings.log_levels
        scope.settings.log_levels = known.merged(said) if known else said
    elif "" in modules:
        put_host_value(scope, "log_level", modules.pop(""))
        put_host_value(scope, "module_log_levels", modules)
    else:
        values = scope.host.values if scope.in_host else vars(scope.config)
        put_host_value(scope, "module_log_levels", {**values.get("module_log_levels", {}), **modules})


def _error_log(scope: Scope, line: Directive) -> None:
    """A file; httpd can also write to programs and to syslog."""
    name = line.args[0]
    if name.startswith("|") or name.partition(":")[0] == "syslog":
        raise DirectiveError(f"{line.name}: logs are files here, neither programs nor syslog")
    put_host_value(scope, "error_log", scope.config.relative(name))


def _limit(attribute: str, ending: str = "") -> Apply:
    """Return the rule of a LimitRequest directive."""

    def apply(scope: Scope, line: Directive) -> None:
        value = number(line)
        if value < 0:
            raise DirectiveError(f'{line.name} "{line.args[0]}" must be a non-negative integer{ending}')
        put_host_value(scope, attribute, value)

    return apply


def _access_file_names(line: Directive) -> tuple[bytes, ...]:
    return tuple(os.fsencode(name) for name in line.args)


def _http_protocol_options(scope: Scope, line: Directive) -> None:
    words = scope.config.http_protocol_options | {word.lower() for word in line.args}
    for pair in PROTOCOL_OPTIONS:
        if words.issuperset(pair):
            first, second = (PROTOCOL_OPTION_NAMES[word] for word in pair)
            raise DirectiveError(f"HttpProtocolOptions '{first}' and '{second}' are mutually exclusive")
    if not words <= {word for pair in PROTOCOL_OPTIONS for word in pair}:
        raise DirectiveError(PROTOCOL_OPTIONS_COMPLAINT)
    scope.config.http_protocol_options = frozenset(words)


def _mutex(scope: Scope, line: Directive) -> None:
    """``Mutex mechanism[:folder] [type ...]``: there is one mutex, and how it works is settled."""
    if not line.args:
        raise DirectiveError(f"Mutex requires at least a mechanism argument {MUTEX_COMPLAINT}")
    mechanism, colon, folder = line.args[0].partition(":")
    if mechanism.lower() not in MUTEX_MECHANISMS | {"posixsem", "sem"}:
        raise DirectiveError(f"Invalid Mutex argument {line.args[0]} {MUTEX_COMPLAINT}")
    if colon and not scope.config.relative(folder).is_dir():
        raise DirectiveError(f"Invalid Mutex directory in argument {line.args[0]}")
    known = {"default", "watchdog-callback"} | ({"mpm-accept"} if scope.config.mpm != "event" else set())
    for kind in [arg for arg in line.args[1:] if arg.lower() != "omitpid"] or ["default"]:
        if kind not in known:
            raise DirectiveError(f"Mutex type {kind} is not valid")
        scope.config.mutexes[kind] = line.args[0]


def _error(scope: Scope, line: Directive) -> None:
    """``Error message``: says so and ends the start."""
    del scope
    if not line.text:
        raise DirectiveError("The Error directive was used with no message.")
    quoted = len(line.text) > 1 and line.text[0] in "\"'" and line.text[0] == line.text[-1]
    raise DirectiveError(line.text[1:-1] if quoted else line.text)


def _core_dump_directory(scope: Scope, line: Directive) -> None:
    path = scope.config.relative(line.args[0])
    if not path.is_dir():
        complaint = "is not a directory" if path.exists() else "does not exist"
        raise DirectiveError(f"CoreDumpDirectory {path} {complaint}")
    scope.config.core_dump_directory = path


def _name_virtual_host(scope: Scope, line: Directive) -> None:
    scope.warn(
        "AH00548: NameVirtualHost has no effect and will be removed in the next release "
        f"{line.file}:{line.line}",
        module="",
    )


def _pid_file(scope: Scope, line: Directive) -> None:
    scope.config.pid_file = scope.config.relative(line.args[0])


RULES = (
    Rule("Error", Place.SERVER | Place.ALL_CLASSES, RAW, _error),
    in_server("AcceptFilter", TWO, nothing),
    in_hosts("AccessFileName", RAW, set_host_value("access_file_names", _access_file_names)),
    in_hosts(
        "AllowEncodedSlashes",
        ONE,
        set_host_value(
            "allow_encoded_slashes",
            lambda line: choice(
                line,
                {"on": "on", "off": "off", "nodecode": "nodecode"},
                "AllowEncodedSlashes must be On, Off, or NoDecode",
            ),
        ),
    ),
    in_server("CoreDumpDirectory", ONE, _core_dump_directory),
    in_hosts("DocumentRoot", ONE, _document_root),
    in_hosts("ErrorLog", ONE, _error_log),
    in_server("ExtendedStatus", FLAG, set_config("extended_status", on_off)),
    in_hosts("FlushMaxPipelined", ONE, nothing),
    in_hosts("FlushMaxThreshold", ONE, nothing),
    in_hosts("HttpProtocolOptions", EACH, _http_protocol_options),
    in_hosts("KeepAlive", FLAG, set_host_value("keep_alive", on_off)),
    in_hosts("LimitInternalRecursion", ONE_OR_TWO, nothing),
    in_hosts("LimitRequestFields", ONE, _limit("limit_request_fields", " (0 = no limit)")),
    in_hosts("LimitRequestFieldsize", ONE, _limit("limit_request_field_size")),
    in_hosts("LimitRequestLine", ONE, _limit("limit_request_line")),
    Rule("LogLevel", Place.SERVER | Place.SECTION, EACH, _log_level),
    in_hosts("MaxKeepAliveRequests", ONE, set_host_value("max_keep_alive_requests", number)),
    in_hosts("MergeSlashes", FLAG, set_host_value("merge_slashes", on_off)),
    in_hosts("MergeTrailers", FLAG, nothing),
    in_server("Mutex", RAW, _mutex),
    in_server("NameVirtualHost", ONE, _name_virtual_host),
    in_server("PidFile", ONE, _pid_file),
    in_hosts("Protocol", ONE, nothing),
    in_hosts("Protocols", EACH, nothing),
    in_hosts("ProtocolsHonorOrder", ONE, nothing),
    in_server("RegexDefaultOptions", RAW, nothing),
    in_hosts("RegisterHttpMethod", EACH, nothing),
    in_server("ScoreBoardFile", ONE, nothing),
    in_server("SeeRequestTail", FLAG, nothing),
    in_hosts("ServerAdmin", ONE, set_host_value("server_admin", text)),
    in_hosts("ServerAlias", RAW, _server_alias),
    in_hosts("ServerName", ONE, _server_name),
    in_hosts("ServerPath", ONE, nothing),
    in_server(
        "ServerTokens",
        ONE,
        set_config("server_tokens", lambda line: choice(line, SERVER_TOKENS, SERVER_TOKENS_COMPLAINT)),
    ),
    in_hosts("StrictHostCheck", FLAG, nothing),
    in_hosts("Timeout", ONE, set_host_value("timeout", lambda line: min(number(line), MAX_SECONDS))),
    in_hosts(
        "TraceEnable",
        ONE,
        set_host_value(
            "trace_enable",
            lambda line: (
                choice(
                    line,
                    {"on": "on", "off": "off", "extended": "on"},
                    "TraceEnable must be one of 'on', 'off', or 'extended'",
                )
                == "on"
            ),
        ),
    ),
    in_server("Listen", RAW, _listen),
)
