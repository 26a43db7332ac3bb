"""JUnit XML, as CI systems read it: a suite an exercise, a case a check.

The members are those of the schema that Jenkins publishes (junit-10.xsd of its xUnit plugin).
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Final

from tracekit.lab.forms.words import problems, why
from tracekit.lab.score import Check, Score, shown

_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no document may have, not even as a reference (XML 1.0, section 2.2)."""

_CHILDREN: Final = {"failed": "failure", "partly": "failure", "not judged": "error"}
"""The element that tells an outcome; the other ones are skipped, or have none."""


def write(score: Score) -> str:
    """Return a score as JUnit XML."""
    root = ET.Element("testsuites", name="tracekit lab")
    for name, part in score.by_exercise().items():
        suite = _suite(root, name)
        properties = ET.SubElement(suite, "properties")
        for key, value in (("points", shown(part.points)), ("of", shown(part.of))):
            ET.SubElement(properties, "property", name=key, value=value)
        counts = any(check.of for check in part.checks)  # an exercise that is worth nothing fails no build
        for check in part.checks:
            _case(suite, check, _CHILDREN if counts else {})
    _submission(root, score)
    for element in (*root, root):
        for count, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
            element.set(count, str(len(list(element.iter(tag)))))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(root: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(root, "testsuite", name=_clean(name))


def _case(suite: ET.Element, check: Check, children: Mapping[str, str]) -> None:
    name = f"{check.name}: {check.title}"
    case = ET.SubElement(suite, "testcase", classname=_clean(f"lab.{check.exercise}"), name=_clean(name))
    if check.outcome != "passed":
        _because(case, children.get(check.outcome, "skipped"), why(check))


def _submission(root: ET.Element, score: Score) -> None:
    """Add what is wrong with the submission as a whole, a case each."""
    if found := problems(score):
        suite = _suite(root, "submission")
        tag = "error" if score.state == "grader error" else "failure"
        for number, problem in enumerate(found, 1):
            case = ET.SubElement(suite, "testcase", classname="lab.submission", name=f"problem {number}")
            _because(case, tag, problem)


def _because(case: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(case, tag, message=_clean(text))


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
