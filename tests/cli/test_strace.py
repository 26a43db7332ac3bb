"""The command line of ``tracekit strace`` beside strace's own: messages and exit status, to the letter."""

import subprocess

import pytest

from tests.support.requirements import need
from tracekit.cli.strace import main
from tracekit.cli.strace.getopt import Arguments, OptionError
from tracekit.cli.strace.options import OPTIONS

MISTAKES = """
-e trace=nosuch true
-e nosuch true
-e trace=
-e trace=%nosuch,read true
-e trace=read@42 true
-e trace=415 true
-e signal=nosuch true
-e read=x true
-e status=ok true
-e quiet=x true
-e decode-fds=x true
-e decode-pids=x true
-e kvm=x true
-e fault=chdir:x true
-e inject=chdir true
-e inject=chdir:error=ENOSUCH true
--raw=x true
-p 0
-p 1,x
-p -5
-b chdir true
-a -1 true
-a x true
-s 1073741824 true
--string-limit=x true
-I 5 true
--interruptible=nev true
-O 1x true
-S nosuch true
-U name,nosuch true
-U time,time_percent,name true
-X test true
--const-print-style=a true
--strings-in-hex=al true
--strings-in-hex -x true
--absolute-timestamps=ss true
--timestamps=format:s true
--timestamps -t true
--relative-timestamps=n true
--relative-timestamps= true
--syscall-times=ss true
--daemonize=pgr true
-D --daemonize true
-DDDD true
-D -p 1
-c -C true
-C -c true
-c -ff true
-w true
-U name true
-f --follow-forks true
-ff --output-separately true
-o |cat -ff true
-y --decode-fds true
-q --quiet true
-u :nosuchuser: true
-c -i -n -r -t -T -y -u :nosuchuser: true
-z -Z -u :nosuchuser: true
-A --output-separately -u :nosuchuser: true
-S time -u :nosuchuser: true
--seccomp-bpf -w true
--seccomp-bpf -f -p 1 -w
--seccomp-bpf -b execve -w true
-F -w true
-fF -w true
--tips=id true
-P /// -P /. -q --quiet .
--trace-path= -P /. -q --quiet .
-Z no-such-program-here
/no/such/program
-o /no/such/folder/t true

-v
-e
--trace
--nosuch
--no-abbrev=1
--verb=x true
-j true
-fj true
--
"""


@pytest.mark.parametrize("line", MISTAKES.splitlines()[1:])
def test_mistakes_are_told_as_strace_tells_them(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = line.split()
    real = subprocess.run(
        [need("strace"), *words],
        executable=need("strace"),
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    status = main(words)
    out, err = capsys.readouterr()
    assert not out
    assert (
        err.replace("strace:", f"{need('strace')}:").replace("'strace -h'", f"'{need('strace')} -h'")
        == real.stderr
    )
    assert status == real.returncode == 1


def test_the_help_names_every_option_that_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-h"]) == 0
    text = capsys.readouterr().out
    for option in OPTIONS:
        if option.group:
            assert not option.letter or f"  -{option.letter}" in text
            assert option.help.split()[0] in text


def test_the_version_says_who_we_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-V"]) == 0
    assert capsys.readouterr().out.startswith("tracekit -- version ")


def test_every_option_of_strace_is_known() -> None:
    """By strace's own help: each letter and each long name that it tells of."""
    text = subprocess.run([need("strace"), "-h"], check=True, capture_output=True, text=True).stdout
    told = {
        word.strip(",").partition("=")[0].partition("[")[0]
        for line in text.splitlines()
        if line.startswith("  -")
        for word in line.split()[:4]
        if word.startswith("-")
    }
    letters = {f"-{option.letter}" for option in OPTIONS if option.letter}
    names = {f"--{name}" for option in OPTIONS for name in option.names}
    assert {word for word in told if word.startswith("--")} <= names
    assert {word[:2] for word in told if not word.startswith("--")} <= letters


@pytest.mark.parametrize(
    ("words", "read", "rest"),
    [
        ("-f -o x -- -y", ["-f", "-o=x"], "-y"),
        ("-fo x ls -l", ["-f", "-o=x"], "ls -l"),
        ("-ox -ff ls", ["-o=x", "-f", "-f"], "ls"),
        ("--output=x --follow - a", ["--output=x", "--follow-forks"], "- a"),
        ("--output x --quiet ls", ["--output=x", "--quiet"], "ls"),
        ("--quiet= --decode-pid=comm", ["--quiet=", "--decode-pids=comm"], ""),
        ("--daemon ls", ["--daemonize"], "ls"),
        ("ls -f", [], "ls -f"),
    ],
)
def test_words_are_read_as_getopt_long_reads_them(words: str, read: list[str], rest: str) -> None:
    arguments = Arguments(words.split(), OPTIONS)
    found = [shown if value is None else f"{shown}={value}" for _, shown, value in arguments]
    assert found == read
    assert arguments.rest == rest.split()


def test_a_start_that_several_options_have_is_ambiguous() -> None:
    with pytest.raises(OptionError, match="option '--s=5' is ambiguous; possibilities: '--seccomp-bpf'"):
        list(Arguments(["--s=5"], OPTIONS))
