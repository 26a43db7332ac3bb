"""docs/events.md, from the schema and the typed values (``python -m tests.support.events_page``)."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from tracekit.events.duck import sql_type
from tracekit.events.jsonvalues import TYPES, to_json
from tracekit.events.schema import ARGUMENTS, DERIVED, REMARKS, STORED, UNPARSED, Column
from tracekit.stream import parse_arguments

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "events.md"

EXAMPLES: Final = {
    "integer": ("-1", "0x7f", "0644", "-100 /* AT_FDCWD */"),
    "character": ("'S'",),
    "name": ("O_RDONLY",),
    "flags": ("O_RDWR|O_CREAT|0x40",),
    "string": (r'"GET /\r\n"...', r'"\377"', '@"abs"'),
    "descriptor": ("3</srv/www/index.html>", "AT_FDCWD</srv>", "3</tmp/x>(deleted)"),
    "struct": ("{st_mode=S_IFREG, ...}",),
    "array": ('["x", "-c"]',),
    "set": ("~[KILL STOP]",),
    "field": ("flags=SIGCHLD",),
    "function": ("htons(80)",),
    "operation": ("8192*1024", "-ENOENT"),
    "change": ("16 => 0",),
    "unknown": ("???",),
}
"""For each type of value what strace prints."""

INTRODUCTION: Final = """\
# Events

A trace is a table: one row an event, every line of the log in one of them.
`tracekit.read_trace(path).events` has it as a pandas DataFrame, `tracekit parse` writes it to a file
([how](parse.md)). `make events` writes this page from `tracekit/events/schema.py` and
`tracekit/events/jsonvalues.py`.

A call that other lines interrupt is one event: it stands where it began (`line`), and says where it ended
(`end_line`). Events stand in the order in which they began. What is missing is `pd.NA` (in texts NaN),
`NULL` in Parquet, `null` in JSON Lines and empty in CSV. Texts stand as they do in the log; a byte that is no
UTF-8 as `\\xff`.
"""

KINDS: Final = """\
## Kinds

| kind | name | args | ret |
|---|---|---|---|
| `syscall` | the call | its arguments | its return value |
| `signal` | the signal, or stop | the siginfo | |
| `exit` | `exited` or `killed` | the signal, when killed | exit status |
| `exec` | `superseded` | tid that took this one's place | |
| `attach`, `detach` | `attached`, `detached` | the diagnostic's text | |
| `note` | key of a `# tracekit` line | its JSON | |
| `note` | `strace`, `personality`, `stack`, `dump`, `summary`, `blank`: else, of strace | the line | |
| `note` | `half`: the end of an `execve` that began in another file of `-ff`, where it stands | the end | |
| `unparsed` | | the raw line | |
"""

VALUES: Final = """\
## Arguments as typed values

`trace.column("arguments")` and `tracekit.events.parse_arguments(args)` give a tuple of values (the classes
of `tracekit.events`), `tracekit parse --args` the same as JSON: an array with an object for each argument.
`type` is the class in lower case; the other members are its fields, left out where they have their usual
value (`""`, `false`). Bytes are text where they are UTF-8, else `{"hex": "00ff"}`; `text` is left out where
a number is printed in decimal. `comment` is what stands in `/* */` behind a value, or its security
context, `[httpd_t]`. Whatever is not known is `unknown`, with its text.
`tracekit.events.jsonvalues.arguments_of` reads the JSON back.

| type | printed | JSON |
|---|---|---|
"""


def page() -> str:
    """Return the page."""
    stored = [*_table(("column", "dtype", "in Parquet", "unit"), STORED)]
    parts = (
        INTRODUCTION,
        "## Columns\n",
        "\n".join(stored),
        "\n`tracekit parse` adds what was wrong, and with `--args` the typed arguments:\n",
        "\n".join(_table(("column", "dtype", "in Parquet", "unit"), (*REMARKS, ARGUMENTS))),
        "\n`trace.column(NAME)` computes these when they are asked for:\n",
        "\n".join(_table(("column", "dtype", "unit"), DERIVED)),
        "\n`trace.unparsed` has the lines that could not be read:\n",
        "\n".join(_table(("column", "dtype"), UNPARSED)),
        "",
        KINDS,
        VALUES + "\n".join(_shapes()) + "\n",
    )
    return "\n".join(parts)


def _table(heads: tuple[str, ...], columns: Iterable[Column]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} | |"
    yield "|" + "---|" * (len(heads) + 1)
    for column in columns:
        cells = {
            "column": f"`{column.name}`",
            "dtype": column.dtype,
            "in Parquet": sql_type(column),
            "unit": column.unit,
        }
        yield f"| {' | '.join(cells[head] for head in heads)} | {column.doc} |"


def _shapes() -> Iterator[str]:
    for kind in TYPES:
        for text in EXAMPLES[kind]:
            (value,) = parse_arguments(text)
            shape = json.dumps(to_json(value))
            yield f"| {kind} | {_code(text)} | {_code(shape)} |"


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
