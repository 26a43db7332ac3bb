"""docs/server.md has a table of the differences to httpd; this writes it (``make server-differences``)."""

from pathlib import Path
from typing import Final

from tests.support.side_by_side_differences import meant

PAGE: Final = Path(__file__).resolve().parent.parent.parent / "docs" / "server.md"
BEGIN: Final = "<!-- from tests/conformance/side_by_side/differences.toml: make server-differences -->\n"
END: Final = "<!-- end -->\n"


def table() -> str:
    """Return the rows in the order of the list; what is listed in parts, in the same words, is one row."""
    rows = ["| | httpd | here | why |", "|---|---|---|---|"]
    rows += [f"| {one.request} | {one.httpd} | {one.ours} | {one.why} |" for one in meant()]
    return "\n".join(dict.fromkeys(rows)) + "\n"


def page(text: str) -> str:
    """Return the page with the table as it has to be."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}{table()}{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
