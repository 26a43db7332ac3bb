"""Request targets that lead out of the document root, if a server is careless.

All aim at ``secret.txt`` beside the document root, or at ``/etc/passwd``. ``/sub`` is a folder of
the site, ``/shared`` an Alias.
"""

from itertools import product

UPS = (
    *(
        b"..",
        b"%2e%2e",
        b"%2E.",
        b".%2e",
        b"%2e.",
        b"..%00",
        b"..;",
        b".%20.",
        b"..%20",
        b"..%09",
        b"...",
        b"....",
    ),
    *(b"%252e%252e", b"%25252e%25252e", b"%%32%65%%32%65", b"%u002e%u002e", b"%uff0e%uff0e"),
    *(
        b"%c0%ae%c0%ae",
        b"%e0%80%ae%e0%80%ae",
        b"%f0%80%80%ae%f0%80%80%ae",
        b"%c0%2e%c0%2e",
        b"\xc0\xae\xc0\xae",
    ),
    *(b"..\\", b"%2e%2e%5c", b"..%5c..", b"..%255c", b"..%c1%9c", b"..%c0%af", b"..%e0%80%af", b"..%uff0f"),
)
SLASHES = (b"/", b"//", b"%2f", b"%2F", b"%5c", b"\\", b"/./", b"%252f", b"/%2e/", b"/;/")
STARTS = (b"/", b"/sub/", b"/shared/")
SECRET = b"secret.txt"

SINGLE = (
    b"/sub/../../secret.txt",
    b"/sub/%2e%2e/%2e%2e/secret.txt",
    b"/sub/./../.././../secret.txt",
    b"/shared../secret.txt",
    b"/shared..%2fsecret.txt",
    b"/shared%2f../secret.txt",
    b"/shared;/../secret.txt",
    b"/shared//../../secret.txt",
    b"/m../secret.txt",
    b"/m/../secret.txt",
    b"/n../secret.txt",
    b"/n.%2e/secret.txt",
    b"/n..//secret.txt",
    b"/n../../../etc/passwd",
    b"/index.html/../../secret.txt",
    b"/index.html/..%2f../secret.txt",
    b"/sub/../..//secret.txt",
    b"/" + b"../" * 40 + b"etc/passwd",
    b"/" + b"%2e%2e/" * 40 + b"etc/passwd",
    b"/" + b"..%2f" * 40 + b"etc/passwd",
    b"/sub" * 30 + b"/.." * 60 + b"/secret.txt",
    b"//etc/passwd",
    b"///etc/passwd",
    b"/%2fetc/passwd",
    b"/%2e/%2fetc/passwd",
    b"/file:///etc/passwd",
    b"/C:/secret.txt",
    b"/~root/.profile",
    b"/secret.txt%00.html",
    b"/%00/../secret.txt",
    b"/.../secret.txt",
    b"/..\xef\xbc\x8fsecret.txt",
    b"/\xe2\x80\xa5/secret.txt",
    b"/proc/self/root/etc/passwd",
    b"http://localhost/../secret.txt",
    b"http://localhost/%2e%2e/secret.txt",
    b"http://localhost//../secret.txt",
    b"http://localhost/sub/../../secret.txt",
    b"http://localhost?/../secret.txt",
    b"http://localhost/?/../../secret.txt",
    b"/?/../secret.txt",
    b"/sub?/../../secret.txt",
    b"/out.txt",
    b"/out.txt/",
    b"/folder/secret.txt",
    b"/folder/../secret.txt",
    b"/sub/../folder/secret.txt",
    b"/folder%2fsecret.txt",
)
"""One of a kind; ``/m`` and ``/n`` are AliasMatches, ``out.txt`` and ``folder`` links that lead out."""


def targets() -> list[bytes]:
    """Return all targets, each once."""
    generated = (
        start + (up + slash) * start.count(b"/") + SECRET
        for start, up, slash in product(STARTS, UPS, SLASHES)
    )
    return list(dict.fromkeys((*generated, *SINGLE)))
