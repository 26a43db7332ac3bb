"""The modules of httpd: which are built in, which may be loaded, and what they are called.

A directive exists when its module is built in or loaded. The built-in ones are those
of Debian's httpd. Modules that this server does nothing for can be loaded all the same,
so that a configuration that has them works; those of their directives that common
configurations have outside of ``<IfModule>`` are read and left alone.
"""

import re

BUILT_IN = (
    "core_module",
    "so_module",
    "watchdog_module",
    "http_module",
    "log_config_module",
    "logio_module",
    "version_module",
    "unixd_module",
)

MPM_MODULE = re.compile(r"mpm_(event|prefork|worker)_module")

MPMS = ("mpm_event_module", "mpm_prefork_module", "mpm_worker_module")
LOADABLE = (
    "alias_module",
    "authz_core_module",
    "authz_host_module",
    "autoindex_module",
    "dir_module",
    "env_module",
    "mime_module",
    "reqtimeout_module",
    "setenvif_module",
    "status_module",
)
"""Those that may be loaded and do here what they do in httpd."""

_OTHERS = """
    access_compat actions allowmethods asis auth_basic auth_digest auth_form authn_anon authn_core
    authn_dbd authn_dbm authn_file authn_socache authnz_fcgi authnz_ldap authz_dbd authz_dbm
    authz_groupfile authz_owner authz_user brotli bucketeer buffer cache cache_disk cache_socache
    case_filter case_filter_in cern_meta cgi cgid charset_lite data dav dav_fs dav_lock dbd deflate
    dialup dumpio echo example_hooks expires ext_filter file_cache filter headers heartbeat
    heartmonitor http2 ident imagemap include info lbmethod_bybusyness lbmethod_byrequests
    lbmethod_bytraffic lbmethod_heartbeat ldap log_debug log_forensic lua macro md mime_magic
    negotiation optional_fn_export optional_fn_import optional_hook_export optional_hook_import proxy
    proxy_ajp proxy_balancer proxy_connect proxy_express proxy_fcgi proxy_fdpass proxy_ftp
    proxy_hcheck proxy_html proxy_http proxy_http2 proxy_scgi proxy_uwsgi proxy_wstunnel ratelimit
    reflector remoteip request rewrite sed session session_cookie session_crypto session_dbd
    slotmem_plain slotmem_shm socache_dbm socache_dc socache_memcache socache_redis socache_shmcb
    speling ssl substitute suexec tls unique_id userdir usertrack vhost_alias xml2enc
"""
IGNORED = frozenset(f"{name}_module" for name in _OTHERS.split())
"""Those of httpd that may be loaded and have no effect here."""

_SOURCE_FILES = {
    "core_module": "core.c",
    "http_module": "http_core.c",
    "mpm_event_module": "event.c",
    "mpm_prefork_module": "prefork.c",
    "mpm_worker_module": "worker.c",
    "dumpio_module": "mod_dumpio.c",
}


def source_file(module: str) -> str:
    """Return the name by which ``<IfModule>`` and ``-l`` know a module beside its identifier."""
    return _SOURCE_FILES.get(module, f"mod_{module.removesuffix('_module')}.c")


def is_among(wanted: str, modules: list[str]) -> bool:
    """Whether a module, by its identifier or its source file, is among those."""
    return wanted in modules or any(source_file(module) == wanted for module in modules)
