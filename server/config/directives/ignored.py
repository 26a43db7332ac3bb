"""Directives of modules that this server does nothing for, and that do no harm when they are left alone.

What decides who may have what, or rewrites requests, is not among them: a configuration
that relies on it must not be served as if it did not.
"""

from ..rules import EACH, EACH_AFTER_FIRST, FLAG, ONE, TWO, Rule, nothing
from ..settings import Place

FILE_INFO = Place.FILE_INFO
INDEXES = Place.INDEXES
SERVER = Place.SERVER

IGNORED: dict[str, tuple[Rule, ...]] = {
    "cgid_module": (Rule("ScriptSock", SERVER, ONE, nothing),),
    "deflate_module": (Rule("DeflateCompressionLevel", SERVER, ONE, nothing),),
    "expires_module": (
        Rule("ExpiresActive", INDEXES, ONE, nothing),
        Rule("ExpiresByType", INDEXES, TWO, nothing),
        Rule("ExpiresDefault", INDEXES, ONE, nothing),
    ),
    "filter_module": (Rule("AddOutputFilterByType", FILE_INFO, EACH_AFTER_FIRST, nothing),),
    "logio_module": (Rule("LogIOTrackTTFB", Place.SERVER | Place.ALL_CLASSES, FLAG, nothing),),
    "mime_magic_module": (Rule("MIMEMagicFile", SERVER, ONE, nothing),),
    "negotiation_module": (
        Rule("CacheNegotiatedDocs", SERVER, ONE, nothing),
        Rule("ForceLanguagePriority", FILE_INFO, EACH, nothing),
        Rule("LanguagePriority", FILE_INFO, EACH, nothing),
    ),
    "proxy_module": (Rule("ProxyStatus", SERVER, ONE, nothing),),
    "watchdog_module": (Rule("WatchdogInterval", SERVER, ONE, nothing),),
}
"""By module."""
