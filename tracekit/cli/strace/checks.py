"""Options that go together, and those that do not: in the order in which strace looks at them."""

from collections.abc import Callable
from typing import Final

from tracekit.cli.strace import asked as ask
from tracekit.cli.strace.asked import Asked, ComplaintError
from tracekit.tracer.options.filters import qualified

_STAMPS: Final = (("time", None), ("time", 6), ("unix", 6))
_STATISTICS: Final = "(-c/--summary-only or -C/--summary)"

Say = Callable[[str], None]
"""Takes warnings."""


def check_daemon(asked: Asked, command: list[str]) -> None:
    """Refuse what makes no sense with -D."""
    short = asked.times.get("D", 0)
    if short and "daemonize" in asked.times:
        raise ComplaintError("-D and --daemonize cannot be provided simultaneously")
    if not short and "daemonize" not in asked.times:
        return
    if not command:
        raise ComplaintError("PROG [ARGS] must be specified with -D/--daemonize", see_help=True)
    if short > 3:
        raise ComplaintError(f"Too many -D's ({short}), maximum supported -D count is 3", see_help=True)


def take_short_forms(asked: Asked) -> None:
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


def follow(asked: Asked, command: list[str], say: Say) -> bool:
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


def check_summary(asked: Asked, say: Say) -> None:
    """Refuse, or pass over with a warning, what makes no sense with -c, or without."""
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


def check_output(asked: Asked, say: Say) -> None:
    """Warn of what has no effect on what is written."""
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
