"""Who the children are (httpd's modules/arch/unix/mod_unixd.c)."""

from ..rules import FLAG, ONE, in_server, nothing, set_config, text

RULES = (
    in_server("Group", ONE, set_config("group", text)),
    in_server("Suexec", FLAG, nothing),
    in_server("User", ONE, set_config("user", text)),
)
