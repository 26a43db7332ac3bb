"""The configuration: httpd's syntax, its directives, and what they amount to."""

from .evaluate import load
from .htaccess import read_htaccess
from .model import ConfigError, ConfigWarning, ServerConfig, VirtualHost
from .settings import AllowOverride, DirectorySettings, Options, Section

__all__ = [
    "AllowOverride",
    "ConfigError",
    "ConfigWarning",
    "DirectorySettings",
    "Options",
    "Section",
    "ServerConfig",
    "VirtualHost",
    "load",
    "read_htaccess",
]
