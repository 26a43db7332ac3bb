"""The configuration: httpd's syntax, its directives, and what they amount to."""

from .evaluate import load
from .model import ConfigError, ServerConfig, VirtualHost

__all__ = ["ConfigError", "ServerConfig", "VirtualHost", "load"]
