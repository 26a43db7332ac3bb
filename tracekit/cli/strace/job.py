"""From what was asked to the settings of a trace; what does not go together is said, in strace's words."""

import errno
import os
import pwd
import stat
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from tracekit.cli.strace import asked as ask
from tracekit.cli.strace.asked import Asked, ComplaintError
from tracekit.cli.strace.checks import (
    Say,
    check_daemon,
    check_output,
    check_summary,
    follow,
    take_short_forms,
)
from tracekit.tracer import decode
from tracekit.tracer.decode.text import quoted
from tracekit.tracer.kernel.waiting import REQUESTS
from tracekit.tracer.options.filters import Filters, qualified
from tracekit.tracer.options.launch import Launch
from tracekit.tracer.options.layout import Layout
from tracekit.tracer.options.settings import Settings
from tracekit.tracer.options.summary import Summary
from tracekit.tracer.text.notices import Notices

_PATH_MAX: Final = 4096
_LONGEST_PREFIX: Final = _PATH_MAX - 12
"""Behind the name of a file a tid has to find room (-ff)."""
_QUIET: Final = ("", "attach,personality", "exit,attach,personality", "all")
_PTRACE_OPTIONS: Final = 0x51
_PTRACE_OPTIONS_FOLLOWING: Final = 0x5F


class Job(NamedTuple):
    """What there is to do."""

    settings: Settings
    pids: tuple[int, ...]
    command: tuple[str, ...]
    """A program to start, empty when there is none."""


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
    settings = settings_of(asked, command, say)
    if command:
        launch = replace(
            settings.launch, program=_program(command[0]), complaint="strace: exec: {reason}", failed=1
        )
        settings = replace(settings, launch=launch)
    return Job(settings, tuple(asked.pids), tuple(command))


def settings_of(asked: Asked, command: list[str], say: Say) -> Settings:
    """Make settings of what was asked; see ``made``.

    Raises:
        ComplaintError: something does not go together.
    """
    check_daemon(asked, command)
    take_short_forms(asked)
    follows = follow(asked, command, say)
    check_summary(asked, say)
    check_output(asked, say)
    paths = _paths(asked, say)
    _check_user(asked)
    if "d" in asked.times:
        say(f"ptrace_setoptions = {_PTRACE_OPTIONS_FOLLOWING if follows else _PTRACE_OPTIONS:#x}")
        say(f"PTRACE_GET_SYSCALL_INFO {_syscall_info()}")
    separate = _separate(asked)
    filters = replace(_quieted(asked, command), paths=paths)
    _refuse_missing(asked)
    when = asked.interruptible or ask.INTERRUPTIBLE["never" if asked.output and command else "waiting"]
    return Settings(
        output=asked.output,
        follow=follows,
        filters=filters,
        decoding=_decoding(asked, filters),
        layout=_layout(asked, filters, follows or len(asked.pids) + bool(command) > 1, separate),
        launch=Launch(environment=tuple(asked.environment), user=asked.user, aside=_aside(asked)),
        summary=_summary(asked),
        notices=Notices(quiet=filters.quiet),
        seccomp_bpf="seccomp" in asked.times,
        detach_on_execve="detach" in asked.times,
        requests=REQUESTS if when < ask.INTERRUPTIBLE["never"] else frozenset(),
        suspendable=when < ask.INTERRUPTIBLE["never_tstp"],
    )


def _paths(asked: Asked, say: Say) -> tuple[str, ...]:
    """The paths to look for: as given, and what they resolve to."""
    found: list[str] = []
    for path in asked.paths:
        found.append(path)
        try:
            resolved = os.path.realpath(path, strict=True) if path else path
        except OSError:
            continue
        if resolved != path:
            if "path-resolution" not in asked.filters.quiet:
                names = [quoted(os.fsencode(one), asked.hex_strings or 0) for one in (path, resolved)]
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


def _syscall_info() -> str:
    """Whether the kernel tells entries and exits apart, tried out; there is no tracing without it."""
    from tracekit.tracer.machine.trial import WORKED, attempt  # noqa: PLC0415 - only -d needs it

    return "works" if attempt().info == WORKED else "does not work"


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


def _aside(asked: Asked) -> str:
    """Where the tracer goes with -D, -DD, -DDD or --daemonize."""
    return asked.daemon or ("", *ask.DAEMONS)[asked.times.get("D", 0)]


def _refuse_missing(asked: Asked) -> None:
    """Refuse what strace has and we have not; better than to leave it out in silence."""
    if "k" in asked.times:
        raise ComplaintError(
            "Stack traces (-k/--stack-traces option) are not supported by this build of strace"
        )


def _decoding(asked: Asked, filters: Filters) -> decode.Options:
    details = filters.decode_fds
    annotate = 2 if any(one in details for one in ("socket", "dev", "pidfd")) else int("path" in details)
    return decode.Options(
        string_limit=asked.strings,
        annotate=annotate,
        hex_strings=asked.hex_strings or 0,
        names=asked.names,
    )


def _layout(asked: Asked, filters: Filters, several: bool, separate: bool) -> Layout:
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
