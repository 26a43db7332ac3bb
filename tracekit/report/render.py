"""One way in to all views of an answer."""

import json
from collections.abc import Mapping
from typing import Any

from tracekit.analyzers.answer import Answer
from tracekit.errors import UsageError
from tracekit.report import FORMATS
from tracekit.report.escape import redact
from tracekit.report.tables import render_csv
from tracekit.report.text import render_text


def render(
    answer: Answer | Mapping[str, Any],
    form: str = "text",
    *,
    width: int | None = None,
    color: bool = False,
    account: bool = True,
    reveal: bool = False,
    plain: bool = True,
) -> str:
    """Return an answer in one of the formats, ending with a newline.

    Args:
        answer: an answer, or its JSON value.
        form: ``text``, ``json`` or ``csv``.
        width: of text: columns of the terminal; None when it does not go to one.
        color: of text: whether to use colours.
        account: of text: whether to say what was read of the trace, and what was not.
        plain: of text: whether drawings are to be of ASCII alone: the terminal shows nothing else.
        reveal: True to show the values of Authorization, Cookie and Set-Cookie fields and passwords.

    Raises:
        UsageError: there is no such format.
    """
    value = answer.to_json() if isinstance(answer, Answer) else dict(answer)
    if not reveal:
        value = redact(value)
    if form == "text":
        return render_text(value, width, color=color, account=account, plain=plain)
    if form == "json":
        return _json(value)
    if form == "csv":
        return render_csv(value)
    raise UsageError(f"there is no format {form!r}", f"use one of: {', '.join(FORMATS)}")


def _json(value: dict[str, Any]) -> str:
    """Return JSON in ASCII with a member a line, and in a list a record a line."""
    members = [f"{json.dumps(key)}: {_member(member)}" for key, member in value.items()]
    return ("{\n" + ",\n".join(members) + "\n}\n").replace("\x7f", "\\u007f")


def _member(member: Any) -> str:
    if isinstance(member, list) and member:
        return "[\n  " + ",\n  ".join(json.dumps(item) for item in member) + "\n]"
    return json.dumps(member)
