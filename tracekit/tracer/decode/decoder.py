"""The decoder: calls to text; what only the stopped task has is taken at once, the rest can wait."""

from dataclasses import dataclass, replace

from tracekit.syscalls import ABIS, Syscall
from tracekit.tracer.decode.files import described
from tracekit.tracer.decode.names import Names, Notes
from tracekit.tracer.decode.plan import Choice, Plan
from tracekit.tracer.decode.raw import raw_entry, raw_return
from tracekit.tracer.decode.returns import error_text
from tracekit.tracer.decode.siginfo import Beholder, siginfo_text
from tracekit.tracer.decode.view import NOTHING, Call, Options, Task, View
from tracekit.tracer.options.filters import EVERYTHING, Filters


@dataclass(frozen=True, slots=True)
class _Dialect:
    """One ABI: what printers see of its calls, and the plans of those that came so far."""

    views: dict[Options, View]
    """One for each kind of calls: those that are abbreviated, those that are not looked into."""
    choices: dict[Syscall, Choice]


class Decoder:
    """Calls to text; one for a whole trace.

    ``enter`` and ``leave`` are called while the task stands at the entry and at the exit
    of a call, ``signal`` while it stands at one; ``entering`` and ``exiting`` give the text at
    any time after that, in the same order.

    Args:
        options: how much is printed of each argument.
        filters: which calls are abbreviated, and which are looked into.
        tasks: what is told of tasks; with it, all have to be called while the task stands.
    """

    def __init__(self, options: Options, filters: Filters = EVERYTHING, tasks: Notes | None = None) -> None:
        """Make no plan yet: each is made when its call first comes."""
        self.options = options
        self._names = Names(options.names, tasks)
        self._filters = filters
        self._dialects = {name: _Dialect({}, {}) for name in ABIS}

    def enter(self, call: Call, task: Task) -> None:
        """Take down what the arguments at a call's entry need."""
        self._names.seen_by(task.tid)
        if call.syscall is None:
            return
        plan = self._plan(call.syscall, call)
        if plan.takes_at_entry:
            view = plan.view
            view.show(call, task, exiting=False)
            args = call.args
            for capture, index in plan.captures:
                call.remember(index, capture(view, args[index]))
            plan = plan.settled(call)
            call.taken = [step(view, args[index]) for step, index in plan.entry_steps]
        call.plan = plan

    def leave(self, call: Call, task: Task) -> None:
        """Take down what the arguments that are printed at a call's exit need, and its return value."""
        self._names.seen_by(task.tid)
        plan = call.plan
        if plan is None:
            return
        if plan.takes_at_exit:
            view = plan.view
            view.show(call, task, exiting=True)
            args = call.args
            if plan.exit_steps:
                call.taken = [*call.taken, *(step(view, args[index]) for step, index in plan.exit_steps)]
            if plan.returns_at_stop and not call.is_error:
                call.ret_text = plan.returns(view, call.ret) or ""

    def entering(self, call: Call) -> str:
        """The call's name and the arguments that are known at its entry.

        ``read(3</etc/passwd>, `` when more comes at exit, else all arguments
        without the closing parenthesis.
        """
        plan = call.plan
        if plan is None:
            return raw_entry(call)
        view = plan.view
        view.show(call, NOTHING, exiting=False)
        shown = [plan.name, "("]
        args = call.args
        for before, printer, index in plan.at_entry:
            text = printer(view, args[index])
            if text is not None:
                shown.append(before + text)
        shown.append(plan.comma)
        return "".join(shown)

    def exiting(self, call: Call) -> tuple[str, str]:
        """The rest of the arguments with the closing parenthesis, and the return value without ``= ``."""
        plan = call.plan
        if plan is None:
            return ")", raw_return(call)
        view = plan.view
        view.show(call, NOTHING, exiting=True)
        shown = []
        args = call.args
        for before, printer, index in plan.at_exit:
            text = printer(view, args[index])
            if text is not None:
                shown.append(before + text)
        shown.append(")")
        return "".join(shown), self._result(call, plan)

    def unfinished(self, call: Call) -> str:
        """What stands for the rest of a call whose task ends in it, as ``exiting`` gives it for others."""
        return " <unfinished ...>)" if call.plan and call.plan.at_exit else ")"

    def signal(self, siginfo: bytes, task: Task = NOTHING) -> str:
        """A signal's name and its siginfo_t (128 raw bytes): ``SIGCHLD {si_signo=SIGCHLD, ...}``.

        Called while the task stands at the signal: a descriptor may be in it.
        """
        self._names.seen_by(task.tid)
        annotated = self.options.annotate > 0
        by = Beholder(self._names, describe=lambda fd: described(task, fd) if annotated else str(fd))
        return siginfo_text(by, siginfo, named=True)

    def _result(self, call: Call, plan: Plan) -> str:
        if call.is_error:
            return error_text(-call.ret)
        return call.ret_text if plan.returns_at_stop else plan.returns(plan.view, call.ret) or ""

    def _plan(self, syscall: Syscall, call: Call) -> Plan:
        choice = self._dialects[call.arch].choices.get(syscall) or self._choice(syscall, call.arch)
        return choice.of(call.args)

    def _choice(self, syscall: Syscall, arch: str) -> Choice:
        dialect = self._dialects[arch]
        number = syscall.numbers.get(arch, -1)
        options = replace(
            self.options,
            verbose=self.options.verbose or not self._filters.abbrev.has(arch, number),
            opaque=not self._filters.verbose.has(arch, number),
            vcpu=self._filters.vcpu,
        )
        view = dialect.views.setdefault(options, View(options, ABIS[arch], self._names))
        choice = dialect.choices[syscall] = Choice(syscall, view)
        return choice
