"""Checks of the exercise on the document root."""

import posixpath

import pytest

from tracekit.lab.answers import Answers
from tracekit.lab.evidence import Evidence
from tracekit.lab.rules import calls, given, keys, shares, story
from tracekit.lab.rules.shares import Earn
from tracekit.lab.traces import Trace
from tracekit.lab.truth import Truth

TARGETS = 2
"""Targets that have to lead below the same folder: one file alone proves nothing."""


@pytest.mark.public
def test_complete(answers: Answers) -> None:
    """Every question is answered."""
    given.answered(answers, "document_root", "evidence", "alias")


@pytest.mark.public
def test_evidence_fits(answers: Answers, evidence: Evidence, trace: Trace) -> None:
    """The cited lines open files below the folder that is named."""
    given.answered(answers, "document_root", "evidence")
    targets = set()
    for call in given.cited(answers, evidence):
        assert calls.opens(call), f"line {call.line}: {calls.why_no_open(call)}"
        assert calls.below(call, answers.document_root), (
            f"line {call.line}: the file that is opened here does not lie below the folder that you name"
        )
        asked = story.request_before(evidence, trace, call)
        assert asked, f"line {call.line}: this thread has read no request before"
        assert calls.leads_to(asked, call, answers.document_root), (
            f"line {call.line}: your folder and the target of the request do not make this path: "
            "an Alias or another mapping is at work, or the folder is not the root"
        )
        targets.add(calls.path_of(asked))
    assert len(targets) >= TARGETS, "the lines are of one target: one file alone proves no document root"


@pytest.mark.public
def test_alias_fits(answers: Answers, evidence: Evidence, trace: Trace) -> None:
    """The folder of the Alias is one that files are served from."""
    given.answered(answers, "alias")
    assert not calls.inside(answers.alias, answers.document_root), (
        "the folder lies below the one that you name as document root: no Alias is needed for it"
    )
    found = story.mentions(evidence, trace, answers.alias)
    assert any(calls.opens(call) and calls.below(call, answers.alias) for call in found), (
        "no file below this folder is opened successfully"
    )


@pytest.mark.points(6)
def test_document_root(answers: Answers, key: Truth) -> None:
    """The document root."""
    given.answered(answers, "document_root")
    named = answers.document_root
    assert named not in [alias.path for alias in key.aliases], (
        "this is the folder of an Alias: only what lies below its URL is found there"
    )
    assert not calls.inside(named, key.docroot) or named == key.docroot, (
        "this is a folder inside the document root: compare several targets with their files"
    )
    assert named == key.docroot, "it is another folder: take targets off the paths of their files"


@pytest.mark.points(6)
@pytest.mark.depends("test_document_root")
def test_evidence(answers: Answers, key: Truth, evidence: Evidence, trace: Trace, earn: Earn) -> None:
    """The lines that show it."""
    given.answered(answers, "evidence")
    shown, wrong = set(), 0
    for call in given.cited(answers, evidence):
        asked = story.request_before(evidence, trace, call)
        served = any(one.tid == call.tid for one in keys.requests(key, asked))
        if calls.opens(call) and served and calls.leads_to(asked, call, key.docroot):
            shown.add(calls.path_of(asked))
        else:
            wrong += 1
    earn(
        shares.of_lines(min(len(shown), TARGETS), wrong, TARGETS),
        "lines of two targets are wanted, in which files of the document root are opened, and no others",
    )


@pytest.mark.points(3)
def test_alias(answers: Answers, key: Truth) -> None:
    """The folder of an Alias."""
    given.answered(answers, "alias")
    assert not calls.inside(answers.alias, key.docroot), "this folder lies inside the document root"
    assert answers.alias not in [posixpath.dirname(alias.path) for alias in key.aliases], (
        "a page lies there that is answered with, and no part of the URLs leads to the folder itself"
    )
    assert answers.alias in [alias.path.rstrip("/") for alias in key.aliases], (
        "no Alias leads to this folder: take what follows the Alias's URL off the file's path"
    )
