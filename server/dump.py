"""What ``-S`` and ``-M`` show, in httpd's layout (server/vhost.c, core.c, mod_so.c)."""

from .config import ServerConfig, VirtualHost
from .config.modules import BUILT_IN
from .processes.child import user_and_group
from .virtual_hosts import Chain, chains_of


def dump_vhosts(config: ServerConfig) -> str:
    """Return the virtual hosts by address (-D DUMP_VHOSTS)."""
    lines = ["VirtualHost configuration:"]
    for chain in chains_of(config.virtual_hosts):
        lines += _chain(chain, config)
    return "\n".join(lines)


def _chain(chain: Chain, config: ServerConfig) -> list[str]:
    host = f"[{chain.address}]" if ":" in chain.address else chain.address or "*"
    address = f"{host}:{chain.port or '*'}"
    default = chain.hosts[0]
    if len(chain.hosts) == 1:
        return [f"{address:<22} {_name(default, config)} ({default.place})"]
    lines = [
        f"{address:<22} is a NameVirtualHost",
        f"{'':8} default server {_name(default, config)} ({default.place})",
    ]
    for each in chain.hosts:
        lines.append(f"{'':8} port {chain.port or '*'} namevhost {_name(each, config)} ({each.place})")
        wild = [alias for alias in each.server_aliases if "*" in alias or "?" in alias]
        lines += [f"{'':16} alias {alias}" for alias in each.server_aliases if alias not in wild]
        lines += [f"{'':16} wild alias {alias}" for alias in wild]
    return lines


def _name(host: VirtualHost, config: ServerConfig) -> str:
    return host.server_name or config.main.server_name or ""


def dump_run_config(config: ServerConfig) -> str:
    """Return the settings of the run (-D DUMP_RUN_CFG)."""
    lines = [
        f'ServerRoot: "{config.server_root}"',
        f'Main DocumentRoot: "{(config.main.document_root or b"").decode("utf-8", "replace")}"',
        f'Main ErrorLog: "{config.error_log or "/dev/stderr"}"',
        *_mutexes(config),
    ]
    if config.pid_file is not None:
        lines.append(f'PidFile: "{config.pid_file}"')
    for name, value in config.defines.items():
        lines.append(f"Define: {name}" if value is None else f"Define: {name}={value}")
    uid, gid = user_and_group(config)
    if config.user is not None:
        lines.append(f'User: name="{config.user}" id={uid}')
    if config.group is not None:
        lines.append(f'Group: name="{config.group}" id={gid}')
    return "\n".join(lines)


def _mutexes(config: ServerConfig) -> list[str]:
    folder = config.default_runtime_dir or config.relative("logs")
    default = config.mutexes.get("default", "default")
    mechanism, _, own = default.partition(":")
    shown = config.relative(own) if own else folder
    lines = [f'Mutex default: dir="{shown}" mechanism={mechanism} ']
    kinds = ["watchdog-callback"] + (["mpm-accept"] if config.mpm != "event" else [])
    return lines + [f"Mutex {kind}: using_defaults" for kind in kinds]


def dump_modules(config: ServerConfig) -> str:
    """Return the modules, those that are built in first (-D DUMP_MODULES)."""
    lines = ["Loaded Modules:"]
    lines += [f" {name} (static)" for name in BUILT_IN]
    lines += [f" {name} (shared)" for name in config.modules]
    return "\n".join(lines)


def dump_includes(config: ServerConfig) -> str:
    """Return the files that were read, each with the line that asked for it (-D DUMP_INCLUDES)."""
    lines = ["Included configuration files:"]
    for depth, line, path in config.included:
        lines.append(f"{'  ' * (depth + 1)}({line or '*'}) {path}")
    return "\n".join(lines)
