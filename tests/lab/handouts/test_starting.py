"""Giving exercises out: whole, private, never over anything, and without the key."""

import json
import stat
from pathlib import Path

import pytest

from tracekit.errors import UnreadableError, UsageError
from tracekit.lab import exercise as catalogue
from tracekit.lab import scenes
from tracekit.lab.handouts.starting import Live, Server, start, start_all
from tracekit.lab.seeds import Secret
from tracekit.lab.submissions import Submission
from tracekit.lab.submissions.rosters import roster
from tracekit.lab.variants import variant

SECRET = Secret(b"a secret of the course")
TWO = ("docroot", "dispatch")


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lab") / "ann"
    start(TWO, "ann", "os-lab", SECRET, folder)
    return folder


def test_a_folder_has_what_the_student_needs(laid: Path) -> None:
    there = files(laid)
    names = {
        f"{exercise}/{name}" for exercise in TWO for name in ("README.md", "answers.toml", "trace.strace")
    }
    assert {name for name in there if not name.endswith("ps.txt")} == {*names, "variant.toml"}
    made = variant(catalogue.get("dispatch"), SECRET, "os-lab", "ann")
    assert all(f"- `{target}`" in there["dispatch/README.md"] for target in made.questions)
    assert all(json.dumps(target) in there["dispatch/answers.toml"] for target in made.questions)
    assert made.trace is not None
    assert there["dispatch/trace.strace"].splitlines() == list(made.trace.lines())
    assert "{{" not in there["docroot/README.md"]
    assert Submission.open(laid, SECRET).signed == ("os-lab", "ann", "offline", TWO)


def test_it_is_for_nobody_else(laid: Path) -> None:
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (laid, *laid.rglob("*"))}
    assert modes == {0o600, 0o700}


def test_the_key_is_not_in_it(laid: Path) -> None:
    there = files(laid)
    beside = there["docroot/README.md"] + there["docroot/answers.toml"] + there["variant.toml"]
    secrets = [SECRET.key.decode(), *scenes.names()]
    assert not [secret for secret in secrets if any(secret in text for text in there.values())]
    key = variant(catalogue.get("docroot"), SECRET, "os-lab", "ann").key
    assert not [token for kind in key.tokens.values() for token in kind if token in beside]
    assert key.docroot in there["docroot/trace.strace"]


def test_the_same_again_changes_nothing_and_says_so(tmp_path: Path) -> None:
    first = start(["mpm"], "ann", "c", SECRET, tmp_path / "a")
    answers = tmp_path / "a" / "mpm" / "answers.toml"
    answers.write_text("mine")
    before = files(tmp_path)
    again = start(["mpm"], "ann", "c", SECRET, tmp_path / "a")
    assert (again.written, sorted(again.left)) == ([], sorted({*first.written} - {"variant.toml"}))
    assert files(tmp_path) == before


def test_what_is_missing_is_completed(tmp_path: Path) -> None:
    start(["mpm"], "ann", "c", SECRET, tmp_path / "a")
    (tmp_path / "a" / "mpm" / "README.md").unlink()
    (tmp_path / "a" / "mpm" / ".README.md.part").write_text("left behind")
    assert start(["mpm"], "ann", "c", SECRET, tmp_path / "a").written == ["mpm/README.md"]
    assert start(["tree"], "ann", "c", SECRET, tmp_path / "a").written
    assert Submission.open(tmp_path / "a", SECRET).exercises == ("tree", "mpm")


def test_the_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    start(["tree"], "ann", "c", SECRET, tmp_path)
    before = files(tmp_path)
    other = Secret(b"that of another course")
    for student, course, secret in (("ben", "c", SECRET), ("ann", "d", SECRET), ("ann", "c", other)):
        with pytest.raises(UsageError, match=r"is there for|is in use"):
            start(["mpm"], student, course, secret, tmp_path)
    assert files(tmp_path) == before


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "tree").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Exception, match="cannot be laid out"):
        start(["tree"], "ann", "c", SECRET, tmp_path / "a")
    assert not list((tmp_path / "elsewhere").iterdir())


def test_the_live_form_tells_of_the_server_that_runs_now(tmp_path: Path) -> None:
    live = next(one for one in catalogue.everything() if "live" in one.forms and one.questions)
    for port in ("8081", "8082"):
        words = dict.fromkeys(("url", "host", "port", "pid", "command"), "there") | {
            "url": f"http://127.0.0.1:{port}",
            "port": port,
        }
        server = Live("tracekit", {live.name: Server(words, ("/a.html",))})
        start([live.name], "ann", "c", SECRET, tmp_path, server)
        (tmp_path / live.name / "answers.toml").write_text("mine")
    there = files(tmp_path / live.name)
    assert set(there) == {"README.md", "answers.toml"}
    assert "8082" in there["README.md"]
    assert "8081" not in there["README.md"]
    assert there["answers.toml"] == "mine"
    assert Submission.open(tmp_path, SECRET).server == "tracekit"


def test_each_student_of_many_has_a_folder(tmp_path: Path) -> None:
    done = list(start_all(["tour"], ["ann", "ben"], "c", SECRET, tmp_path))
    assert [one.folder for one in done] == [tmp_path / "ann", tmp_path / "ben"]
    with pytest.raises(UsageError, match="student's id"):
        list(start_all(["tour"], [".."], "c", SECRET, tmp_path))


def test_what_is_no_exercise_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no exercise"):
        start(["nothing"], "ann", "c", SECRET, tmp_path / "a")
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("text", "students"),
    [
        ("ann\n\n# a comment\nben # another\n", ["ann", "ben"]),
        ("\ufeffann\r\nben", ["ann", "ben"]),
        ("id\nann\n", ["ann"]),
        ('Name,ID,Mark\n"Ann, A.",ann,3\nBen,ben,\n', ["ann", "ben"]),
        ("name;email\nAnn;a@x.edu\n;;\n", ["a@x.edu"]),
        ('name\tstudent id\n"A\nB"\t7\n', ["7"]),
    ],
)
def test_a_roster_is_a_list_or_a_table(tmp_path: Path, text: str, students: list[str]) -> None:
    (tmp_path / "ids").write_bytes(text.encode())
    assert roster(tmp_path / "ids") == students


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"ann\nb n\n", "ids:2: 'b n' is no student's id"),
        (b"ann\nben\nann\n", "ids:3: ann is in line 1"),
        (b"name,id\nAnn\n", "ids:2: '' is no student's id"),
        (b"a,b\nc,d\n", "without a column of ids"),
        (b"# nobody\n", "names no student"),
    ],
)
def test_a_bad_line_of_a_roster_is_told_with_its_place(tmp_path: Path, text: bytes, told: str) -> None:
    (tmp_path / "ids").write_bytes(text)
    with pytest.raises(UsageError, match=told):
        roster(tmp_path / "ids")


def test_a_roster_that_is_no_text_or_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "ids").write_bytes(b"ann\n\xff")
    for name in ("ids", "missing"):
        with pytest.raises(UnreadableError):
            roster(tmp_path / name)
