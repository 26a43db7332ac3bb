"""A site comes from the seed alone, and is one that a server takes."""

from pathlib import Path

import pytest

from tracekit.lab import exercise
from tracekit.lab.live.site import MODELS, ONE_THREADED, Site, plan
from tracekit.lab.seeds import PRACTICE, Secret

BASE = Path("/srv")
NAMES = [one.name for one in exercise.everything()]


def site(name: str, student: str) -> Site:
    one = exercise.get(name)
    return plan(name, one.kind, one.questions, Secret(PRACTICE).chance("c", student, name), BASE)


def sites(name: str) -> list[Site]:
    return [site(name, f"student-{number}") for number in range(60)]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_makes_the_same_site(name: str) -> None:
    assert site(name, "ada") == site(name, "ada") != site(name, "bob")


@pytest.mark.parametrize("name", NAMES)
def test_every_model_occurs_where_the_exercise_knows_it(name: str) -> None:
    assert {one.mpm for one in sites(name)} == set(MODELS) - ({"prefork"} if name in ONE_THREADED else set())


@pytest.mark.parametrize("name", NAMES)
def test_no_two_students_share_a_folder(name: str) -> None:
    assert len({one.root for one in sites(name)}) == 60


@pytest.mark.parametrize("name", NAMES)
def test_folders_and_pages(name: str) -> None:
    for one in sites(name):
        folders = [one.docroot, Path(one.alias.path), *one.decoys]
        assert len(set(folders)) == 4
        assert all(folder.is_relative_to(one.root) for folder in folders)
        assert not any(a != b and a.is_relative_to(b) for a in folders for b in folders)
        aliased = {target for target in one.pages if target.startswith(one.alias.url + "/")}
        for target, file in one.pages.items():
            inside = Path(one.alias.path) / target[len(one.alias.url) + 1 :]
            assert file == (inside if target in aliased else one.docroot / target[1:])
        assert len(aliased) == 1
        assert len(set(one.targets) - aliased) >= 2, "two pages of the document root can be asked for"
        assert set(one.targets) <= set(one.pages)
        assert len(set(one.targets)) == len(one.targets) >= exercise.get(name).questions


@pytest.mark.parametrize("name", NAMES)
def test_strace_shows_the_request_lines_of_the_pages_whole(name: str) -> None:
    """It cuts strings after 32 bytes unless it is told otherwise (strace(1), -s)."""
    assert all(len(f"GET {target} HTTP/1") <= 32 for one in sites(name) for target in one.pages)


@pytest.mark.parametrize("name", NAMES)
def test_httpd_takes_the_numbers_as_they_are(name: str) -> None:
    """It corrects them otherwise: ServerLimit 16, and MaxSpareThreads (server/mpm/event/event.c)."""
    for one in sites(name):
        numbers = one.numbers
        assert numbers["StartServers"] <= one.limit
        if one.mpm == "prefork":
            assert numbers["MinSpareServers"] < numbers["MaxSpareServers"]
            assert numbers["MaxRequestWorkers"] == one.limit
        else:
            threads = numbers["ThreadsPerChild"]
            assert one.limit <= 16
            assert numbers["MaxSpareThreads"] > numbers["MinSpareThreads"] + threads
            assert numbers["MaxRequestWorkers"] == one.limit * threads


def test_a_server_that_is_to_stay_as_it_is_has_idle_workers_enough() -> None:
    for one in sites("tree"):
        assert one.numbers.get("MinSpareThreads", one.numbers.get("MinSpareServers")) == 1


def test_a_process_that_crashes_leaves_too_few_idle_workers() -> None:
    for one in sites("crash"):
        left = (one.numbers["StartServers"] - 1) * one.numbers["ThreadsPerChild"]
        whole = left + one.numbers["ThreadsPerChild"]
        assert left < one.numbers["MinSpareThreads"] <= whole


def test_a_hundred_held_connections_reach_some_limits_and_not_others() -> None:
    """Each needs a thread, and so many more are to be idle."""
    reached = set()
    for one in sites("scaling"):
        if one.mpm != "prefork":
            needed = -(-(100 + one.numbers["MinSpareThreads"]) // one.numbers["ThreadsPerChild"])
            assert needed != one.limit, (
                "whether the limit stopped it or the load is not to be a matter of words"
            )
            reached.add(needed > one.limit)
    assert reached == {False, True}


def test_the_model_can_be_asked_for() -> None:
    chance = Secret(PRACTICE).chance("c", "s", "e")
    assert plan("tree", "site", 0, chance, BASE, mpm="prefork").mpm == "prefork"
