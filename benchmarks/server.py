"""How fast the built-in server is beside apache2 and Python's own servers: ``make bench-server``.

All serve the same two files to the same load: wrk with keep-alive on loopback, one server after another,
the same rounds. wrk shares the cores with them. An answer that is not 200, or a connection that fails,
ends the run. Needs wrk and apache2.
"""

import argparse
import re
import subprocess
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.measuring import in_turn, table
from benchmarks.servers import SERVERS, serving

FILES = {"small.html": 45, "large.bin": 200_000}
REQUESTS = re.compile(r"Requests/sec:\s+([\d.]+)")


def measured(name: str, file: str, site: Path, folder: Path, words: list[str]) -> float:
    """Return the requests/s that wrk counts of one server.

    Raises:
        ValueError: an answer was not 200, or a connection failed.
    """
    with serving(name, site, folder) as port:
        url = f"http://127.0.0.1:{port}/{file}"
        subprocess.run(["wrk", *words, "-d1", url], check=True, stdout=subprocess.DEVNULL)  # to be warm
        told = subprocess.run(["wrk", *words, url], check=True, capture_output=True, text=True).stdout
    found = REQUESTS.search(told)
    if found is None or "Non-2xx" in told or "Socket errors" in told:
        raise ValueError(f"{name}: {told}")
    return float(found[1])


def main() -> None:
    """Load each server in turn, and compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3, help="of load, each time")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--only", default="", help="servers whose name has this in it, beside apache2")
    parser.add_argument("--folder", type=Path, help="keep the peers' environment here")
    chosen = parser.parse_args()
    names = [name for name in SERVERS if chosen.only in name or name.startswith("apache2")]
    words = ["-t1", f"-c{chosen.connections}", f"-d{chosen.seconds}"]
    with tempfile.TemporaryDirectory(prefix="tracekit-bench-") as temporary:
        folder = chosen.folder or Path(temporary)
        site = Path(temporary) / "site"
        site.mkdir(parents=True)
        for path in (Path(temporary), site):
            path.chmod(0o755)  # apache2's children are nobody
        for file, size in FILES.items():
            (site / file).write_bytes(b"x" * size)
            peers = {name: partial(measured, name, file, site, folder, words) for name in names}
            title = f"{size:,} bytes, {chosen.connections} connections"
            print(table(title, "requests/s", in_turn(peers, chosen.rounds), ["apache2 event"]), flush=True)


if __name__ == "__main__":
    main()
