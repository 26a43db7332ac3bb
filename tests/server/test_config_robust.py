"""Whatever stands in a configuration: it is taken, or refused with a message; nothing else happens."""

import contextlib
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.config import AllowOverride, ConfigError, read_htaccess
from server.config.directives import rules_of
from server.config.modules import LOADABLE
from server.config.settings import Place
from tests.support.configurations import MODULES, configured

LOADED = tuple(f"{name}_module" for name in ("mpm_event", *MODULES))
# Names that would be looked up in the network, and files that would be read, are left out.
NAMES = sorted(rule.name for rule in rules_of(LOADED).values() if rule.name not in ("Listen", "<VirtualHost"))
_SPECIAL = r"""
"" " ' on off All None +None - + = ~ > / /a ( [ * 0 -1 99999999999999999999 1-2,MinRate=3 header= header=1
not ip 10.0.0.0/8 404 301 gone env= env=! env=x % %h %{ %M Nonfatal Options= core: ${X} ${ $ \ # é < </Files>
NameWidth= (ALT (ALT,/i) ! a:b
"""
WORDS = st.one_of(st.sampled_from([*_SPECIAL.split(), "", "\x00"]), st.text(max_size=6))
LINE = st.builds(
    lambda name, words: " ".join([name, *words]), st.sampled_from(NAMES), st.lists(WORDS, max_size=4)
)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(st.lists(LINE, max_size=4))
def test_a_configuration_is_taken_or_refused(tmp_path: Path, lines: list[str]) -> None:
    text = "\n".join(lines)
    with contextlib.suppress(ConfigError):
        configured(tmp_path, f"{text}\n")
    with contextlib.suppress(ConfigError):
        configured(tmp_path, f"<Directory />\n{text}\n</Directory>\n<Location /a>\n{text}\n</Location>\n")


@QUICK
@given(st.lists(LINE, max_size=4).map("\n".join))
def test_htaccess_is_taken_or_refused(text: str) -> None:
    encoded = text.encode("utf-8", "surrogatepass")
    with contextlib.suppress(ConfigError):
        read_htaccess(b"/srv/.htaccess", encoded, AllowOverride(Place.ALL_CLASSES), LOADABLE)
    with contextlib.suppress(ConfigError):
        read_htaccess(b"/srv/.htaccess", encoded, AllowOverride(Place.INDEXES), LOADABLE)


@QUICK
@given(st.binary(max_size=60))
def test_htaccess_may_be_anything(data: bytes) -> None:
    with contextlib.suppress(ConfigError):
        read_htaccess(b"/srv/.htaccess", data, AllowOverride(Place.ALL_CLASSES))
