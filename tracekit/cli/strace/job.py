"""From what was asked to the settings of a trace; what does not go together is said, in strace's words."""

import errno
import os
import pwd
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tracekit.cli.strace import asked as ask
from tracekit.cli.strace.asked import Asked, ComplaintError
from tracekit.tracer import decode
from tracekit.tracer.decode.text import quoted
from tracekit.tracer.filters import Filters, qualified
from tracekit.tracer.leader import Layout
from tracekit.tracer.notices import Notices
from tracekit.tracer.options import Launch, Summary
from tracekit.tracer.settings import Settings

_PATH_MAX: Final = 4096
_LONGEST_PREFIX: Final = _PATH_MAX - 12
"""Behind the name of a file a tid has to find room (-ff)."""
_QUIET: Final = ("", "attach,personality", "exit,attach,personality", "all")
_STAMPS: Final = (("time", None), ("time", 6), ("unix", 6))
_PTRACE_OPTIONS: Final = 0x51
_PTRACE_OPTIONS_FOLLOWING: Final = 0x5F
_STATISTICS: Final = "(-c/--summary-only or -C/--summary)"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Job:
    """What there is to do."""

    settings: Settings
    pids: tuple[int, ...]
    command: tuple[str, ...]
    """A program to start, empty when there is none."""
    program: str
    """Its file."""


def made(asked: Asked, command: list[str], say: Say) -> Job:
    """Check what was asked, in the order in which strace does, and make the settings of it.

    Args:
        asked: the options.
        command: what stands behind them.
        say: takes warnings.

    Raises:
        ComplaintError: something is missing, or does not go together.
    """
    if not asked.pids and not command:
        raise ComplaintError("must have PROG [ARGS] or -p PID", see_help=True)
    _check_daemon(asked, command)
    _take_short_forms(asked)
    follow = _follow(asked, command, say)
    _check_summary(asked, say)
    _check_output(asked, say)
    paths = _paths(asked, say)
    _check_user(asked)
    if "d" in asked.times:
        say(f"ptrace_setoptions = {_PTRACE_OPTIONS_FOLLOWING if follow else _PTRACE_OPTIONS:#x}")
    separate = _separate(asked)
    filters = replace(_quieted(asked, command), paths=paths)
    program = _program(command[0]) if command else ""
    _refuse_missing(asked, filters, command)
    when = asked.interruptible or (ask.INTERRUPTIBLE["never"] if asked.output and command else 2)
    settings = Settings(
        output=asked.output,
        follow=follow,
        filters=filters,
        decoding=_decoding(asked, filters),
        layout=_layout(asked, filters, follow, separate),
        launch=Launch(tuple(asked.environment), asked.user),
        summary=_summary(asked),
        notices=Notices(quiet=filters.quiet),
        seccomp_bpf="seccomp" in asked.times,
        detach_on_execve="detach" in asked.times,
        interruptible=when < ask.INTERRUPTIBLE["never"],
        suspendable=when < ask.INTERRUPTIBLE["never_tstp"],
    )
    return Job(settings, tuple(asked.pids), tuple(command), program)


def _check_daemon(asked: Asked, command: list[str]) -> None:
    short = asked.times.get("D", 0)
    if short and "daemonize" in asked.times:
        raise ComplaintError("-D and --daemonize cannot be provided simultaneously")
    if not short and "daemonize" not in asked.times:
        return
    if not command:
        raise ComplaintError("PROG [ARGS] must be specified with -D/--daemonize", see_help=True)
    if short > 3:
        raise ComplaintError(f"Too many -D's ({short}), maximum supported -D count is 3", see_help=True)


def _take_short_forms(asked: Asked) -> None:
    """Take what was given by a letter that is counted; together with its long form it is a mistake."""
    if times := asked.times.get("t"):
        if "timestamps" in asked.given:
            raise ComplaintError("-t and --absolute-timestamps cannot be provided simultaneously")
        ask.set_stamp(asked, *_STAMPS[min(times, 3) - 1])
    if times := asked.times.get("x"):
        if asked.hex_strings is not None:
            raise ComplaintError("-x and --strings-in-hex cannot be provided simultaneously")
        asked.hex_strings = min(times, 2)
    if times := asked.times.get("y"):
        if "decode_fds" in asked.given:
            raise ComplaintError("-y and --decode-fds cannot be provided simultaneously")
        asked.filters = qualified(asked.filters, "decode_fds", "path" if times == 1 else "all")


def _follow(asked: Asked, command: list[str], say: Say) -> bool:
    """Whether threads and children are followed; what depends on it is put right."""
    times = asked.times
    if "seccomp" in times and "detach" in times:
        say("--seccomp-bpf is not enabled because it is not compatible with -b")
        del times["seccomp"]
    short = times.get("f", 0)
    if short and "follow" in times:
        raise ComplaintError("-f and --follow-forks cannot be provided simultaneously")
    if short > 1 and "separately" in times:
        raise ComplaintError("-ff and --output-separately cannot be provided simultaneously")
    follow = bool(short) or "follow" in times
    if short:
        times["separately"] = int(short > 1)
    if "seccomp" in times:
        if asked.pids and (not command or "d" in times):
            say("--seccomp-bpf is not enabled for processes attached with -p")
        if not follow:
            say("--seccomp-bpf cannot be used without -f/--follow-forks, disabling")
            del times["seccomp"]
    if "F" in times:
        old = "deprecated option -F ignored"
        say(old if follow else "option -F is deprecated, please use -f/--follow-forks instead")
    return follow or "F" in times


def _check_summary(asked: Asked, say: Say) -> None:
    times = asked.times
    if times.get("separately") and asked.summary:
        raise ComplaintError(
            f"{_STATISTICS} and -ff/--output-separately are mutually exclusive", see_help=True
        )
    if not asked.summary:
        if "w" in times or asked.columns:
            name = "-w/--summary-wall-clock" if "w" in times else "-U/--summary-columns"
            raise ComplaintError(f"{name} must be given with {_STATISTICS}", see_help=True)
        if "sort_by" in asked.given:
            say(f"-S/--summary-sort-by has no effect without {_STATISTICS}")
    if asked.summary == "c":
        useless = (
            ("-i/--instruction-pointer", "i" in times),
            ("-k/--stack-traces", "k" in times),
            ("-n/--syscall-number", "n" in times),
            ("-r/--relative-timestamps", asked.relative is not None),
            ("-t/--absolute-timestamps", asked.stamp is not None),
            ("-T/--syscall-times", asked.durations is not None),
            ("-y/--decode-fds", bool(asked.filters.decode_fds)),
        )
        for name, is_given in useless:
            if is_given:
                say(f"{name} has no effect with -c/--summary-only")


def _check_output(asked: Asked, say: Say) -> None:
    times = asked.times
    if asked.output is None:
        if times.get("separately") and not ("f" in times or "follow" in times or "F" in times):
            say("--output-separately has no effect without -o/--output")
        if "A" in times:
            say("-A/--output-append-mode has no effect without -o/--output")
    if times.get("z", 0) > 1:
        say(
            "Only the last of -z/--successful-only/-Z/--failed-only options will take effect."
            " See status qualifier for more complex filters."
        )


def _paths(asked: Asked, say: Say) -> tuple[str, ...]:
    """The paths to look for: as given, and what they resolve to."""
    found: list[str] = []
    for path in asked.paths:
        found.append(path)
        try:
            resolved = os.path.realpath(path, strict=True)
        except OSError:
            continue
        if resolved != path:
            if "path-resolution" not in asked.filters.quiet:
                names = [quoted(os.fsencode(one)) for one in (path, resolved)]
                say(f"Requested path {names[0]} resolved into {names[1]}")
            found.append(resolved)
    return tuple(dict.fromkeys(found))


def _check_user(asked: Asked) -> None:
    if asked.user is None:
        return
    if os.getuid() or os.geteuid():
        raise ComplaintError("You must be root to use the -u/--username option")
    try:
        pwd.getpwnam(asked.user)
    except KeyError:
        raise ComplaintError(f"Cannot find user '{asked.user}'") from None


def _separate(asked: Asked) -> bool:
    """Whether each task has a file of its own."""
    if asked.output is None or not asked.times.get("separately"):
        return False
    if asked.output[:1] in {"|", "!"}:
        raise ComplaintError(
            "piping the output and -ff/--output-separately are mutually exclusive", see_help=True
        )
    if len(os.fsencode(asked.output)) >= _LONGEST_PREFIX:
        raise ComplaintError(f"{asked.output}: {os.strerror(errno.ENAMETOOLONG)}")
    return True


def _quieted(asked: Asked, command: list[str]) -> Filters:
    """The filters, with what ``-q`` says about messages; a program's trace in a file is quiet by itself."""
    times = asked.times.get("q", 0)
    if asked.output is not None and command and not times and "quiet" not in asked.given:
        times = 1
    if not times:
        return asked.filters
    if "quiet" in asked.given:
        raise ComplaintError("-q and -e quiet/--quiet cannot be provided simultaneously")
    return qualified(asked.filters, "quiet", _QUIET[min(times, 3)])


def _program(name: str) -> str:
    """The file of a program, looked for as strace does: in PATH, with any right to be executed.

    Raises:
        ComplaintError: there is none.
    """
    if len(os.fsencode(name)) >= _PATH_MAX:
        raise ComplaintError(f"exec: {os.strerror(errno.ENAMETOOLONG)}")
    if "/" in name:
        candidates = [name]
    else:
        folders = os.environ.get("PATH", "").split(":")
        candidates = [str(Path(folder or Path.cwd(), name)) for folder in folders]
    for path in candidates:
        try:
            mode = Path(path).stat().st_mode
        except OSError as error:
            if "/" in name:
                raise ComplaintError(f"Can't stat '{name}': {error.strerror}") from error
            continue
        if "/" in name or (stat.S_ISREG(mode) and mode & 0o111):
            return path
    raise ComplaintError(f"Can't stat '{name}': {os.strerror(errno.ENOENT)}")


def _refuse_missing(asked: Asked, filters: Filters, command: list[str]) -> None:
    """Refuse what strace has and we have not; better than to leave it out in silence."""
    missing = (
        ("Stack traces (-k/--stack-traces option)", "k" in asked.times),
        ("Daemonizing (-D/--daemonize option)", "D" in asked.times or "daemonize" in asked.times),
        ("PID namespace translation (--decode-pids=pidns option)", "pidns" in filters.decode_pids),
        ("Attaching (-p option) beside a program", bool(asked.pids and command)),
    )
    for what, wanted in missing:
        if wanted:
            raise ComplaintError(f"{what} is not supported by tracekit")


def _decoding(asked: Asked, filters: Filters) -> decode.Options:
    details = filters.decode_fds
    annotate = 2 if any(one in details for one in ("socket", "dev", "pidfd")) else int("path" in details)
    return decode.Options(
        string_limit=asked.strings,
        annotate=annotate,
        verbose=not filters.abbrev.everything,
        hex_strings=asked.hex_strings or 0,
    )


def _layout(asked: Asked, filters: Filters, follow: bool, separate: bool) -> Layout:
    several = follow or len(asked.pids) > 1
    return Layout(
        tids=asked.output is not None and not separate and several,
        brackets=asked.output is None,
        commands="comm" in filters.decode_pids,
        stamp=asked.stamp,
        relative=asked.relative,
        numbers="n" in asked.times,
        pointers="i" in asked.times,
        durations=asked.durations,
        headers=False,
        return_column=asked.column,
        append="A" in asked.times,
        separate=separate,
    )


def _summary(asked: Asked) -> Summary | None:
    if not asked.summary:
        return None
    base = Summary()
    return replace(
        base,
        only=asked.summary == "c",
        wall_clock="w" in asked.times,
        sort_by=asked.sort_by,
        columns=asked.columns or base.columns,
        overhead_ns=asked.overhead_ns,
    )
