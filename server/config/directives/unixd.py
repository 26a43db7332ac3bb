"""Who the children are (httpd's modules/arch/unix/mod_unixd.c)."""

from ..accounts import group_number, user_number
from ..rules import FLAG, ONE, DirectiveError, Scope, in_server, nothing
from ..syntax import Directive

ROOT = (
    "Error: Apache has not been designed to serve pages while running as root. There are known race"
    " conditions that will allow any local user to read any file on the system. It is strongly suggested"
    " that you instead modify the User directive in your httpd.conf file to list a non-root user."
)


def _user(scope: Scope, line: Directive) -> None:
    """``User name``, which nobody may be root by, whoever starts the server."""
    name = line.args[0]
    if user_number(name) == 0:
        raise DirectiveError(ROOT)
    scope.config.user = name


def _group(scope: Scope, line: Directive) -> None:
    name = line.args[0]
    group_number(name)
    scope.config.group = name


RULES = (
    in_server("Group", ONE, _group),
    in_server("Suexec", FLAG, nothing),
    in_server("User", ONE, _user),
)
