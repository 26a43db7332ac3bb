"""What a trace shows of its processes, picked out while it is read.

Everything that states a process is kept, once. How tasks behave tells the
processes of those that were there before the trace began; it is kept of the
first events alone, so memory does not grow with the trace.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from tracekit.events.cloning import FORKS
from tracekit.events.columns import Columns
from tracekit.events.facts import TELLING
from tracekit.events.futexes import FUTEX
from tracekit.events.links import ACCEPTS, DESCRIPTOR
from tracekit.events.lives import Lives
from tracekit.events.numbers import TELLING as TELLING_NUMBERS
from tracekit.events.signs import MANAGING
from tracekit.stream import Event
from tracekit.stream.forms import Form, Says
from tracekit.stream.notes import PREFIX
from tracekit.stream.rows import MISSING, Late

EARLY = 250_000
"""Events from the beginning of a trace that are looked at for how tasks behave."""
LONG = 1000
"""Characters of arguments that are kept of an early event: what was written or read says nothing."""
BEHAVIOUR = FUTEX | ACCEPTS | MANAGING | TELLING_NUMBERS
OF_NO_TASK = {Says.NOTE, Says.NOTHING}
OWN_TID = {"getpid", "gettid", "set_tid_address"}
EXECS = {"execve", "execveat"}


class Clues:
    """Collects what groups are inferred from.

    Attributes:
        lives: which tids were used again.
        tasks: the tasks that were seen, by their keys (see lives).
        told: events that state something about processes, by number; of those that say the same, the first.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.lives = Lives()
        self.tasks: set[int] = set()
        self.told: dict[int, Event] = {}
        self._said: set[tuple[object, ...]] = set()
        self._unfinished: dict[int, Event] = {}
        self._firsts: set[int] = set()
        self._early: list[tuple[int, Columns]] = []
        self._files: set[str] = set()
        self._is_nameless = True
        self._count = 0

    def take(self, events: Columns, late: Mapping[int, Late] | None = None) -> None:
        """Take in the next events of the trace, and what became known of earlier ones."""
        for number, said in (late or {}).items():
            self._complete(number, said)
        self._files.update(events.names)
        self._is_nameless = self._is_nameless and not (events.tids != MISSING).any()
        first, seen, telling = self._count, self.lives.seen, _ids(events.forms, _tells)
        again: set[tuple[int, int]] = set()  # what was said before; forks make a task each time
        for place, (key, tid) in enumerate(zip(map(id, events.forms), events.tids.tolist(), strict=True)):
            if tid not in seen and tid != MISSING and events.forms[place].says not in OF_NO_TASK:
                self._begin(first + place, tid)
            if key in telling and (tid, key) not in again:
                form = events.forms[place]
                if form.says is Says.CALL and form.name not in FORKS:
                    again.add((tid, key))
                self._tell(first + place, *events.events([place]))
        if first < EARLY:
            self._early.append((first, _shortened(events)))
        self._count += len(events)

    def own_tids(self) -> dict[str, int]:
        """Return the tid of the only task, by file, where no line names one but the kernel told the task.

        That is what gettid(2), set_tid_address(2) and getpid(2) return after an execve(2): who called that is
        its process's only thread, and leads it. Without one, others may be there that the log does not show.
        Where they tell several, the log is of more tasks than one.
        """
        tids, is_leader = set[int](), False
        for event in self.told.values():
            is_leader = is_leader or event.name in EXECS
            if is_leader and event.name in OWN_TID:
                tids.add(event.ret or 0)
        is_told = self._is_nameless and len(self._files) == len(tids) == 1
        return dict.fromkeys(self._files, *tids) if is_told else {}

    def name(self, first_tids: Mapping[str, int]) -> None:
        """Tell the tasks of events without one, by file, where that came out after they were taken in."""
        for _, events in self._early:
            for file, name in enumerate(events.names):
                if name in first_tids:
                    events.tids[(events.tids == MISSING) & (events.files == file)] = first_tids[name]
        for event in self.told.values():
            if event.tid is None and event.kind != "note" and event.file in first_tids:
                event.tid = first_tids[event.file]
                self.tasks.add(event.tid)

    @property
    def has_forks(self) -> bool:
        """True when a call that makes tasks is in the trace."""
        return any(event.name in FORKS for event in self.told.values())

    def early(self) -> list[Event]:
        """Return the first events that say how tasks behave; their tids are the keys of their tasks."""
        found = []
        for first, events in self._early:
            forms = events.forms[: EARLY - first]
            behaving = _ids(forms, _behaves)
            places = [
                place
                for place, key in enumerate(map(id, forms))
                if len(events.names) > 1 or key in behaving or first + place in self._firsts
            ]
            for place, event in zip(places, events.events(places), strict=True):
                if event.tid is not None:
                    event.tid = self.lives.key(event.tid, first + place)
                found.append(event)
        return found

    def _begin(self, number: int, tid: int) -> None:
        """Take in the first event of a task."""
        self.lives.begin(tid, number)
        self.tasks.add(self.lives.key(tid, number))
        self._firsts.add(number)

    def _complete(self, number: int, said: Late) -> None:
        """Take in what became known of an event."""
        event = self._unfinished.pop(number, None)
        if event and said.form:
            self._tell(number, replace(event, args=said.form.args, ret=said.form.ret))
        for first, events in self._early:
            if 0 <= number - first < len(events):
                events.complete(number - first, said)

    def _tell(self, number: int, event: Event) -> None:
        """Take in an event that states something."""
        tid = -1 if event.tid is None else event.tid
        if event.kind == "exit":
            self.lives.end(tid, number)
            return
        if event.kind == "syscall" and event.ret is None:
            if not event.complete:
                self._unfinished[number] = event
            return
        if event.name in FORKS and event.ret is not None and event.ret != tid:
            self.lives.forked(event.ret, number)
        said = (self.lives.key(tid, number), event.kind, event.name, event.args, event.ret)
        if said not in self._said:
            self._said.add(said)
            self.told[number] = event


def _ids(forms: Sequence[Form], holds: Callable[[Form], bool]) -> set[int]:
    """Return the ids of the forms of which something holds; each is asked about once, though many repeat."""
    return {key for key, form in {id(form): form for form in forms}.items() if holds(form)}


def _tells(form: Form) -> bool:
    """Tell whether a line states something about processes."""
    match form.says:
        case Says.NOTE:
            return form.rest == PREFIX
        case Says.GONE | Says.SUPERSEDED:
            return True
    return form.name in TELLING and (form.ret is None or form.ret >= 0)


def _behaves(form: Form) -> bool:
    """Tell whether a call says something about which tasks belong together."""
    return form.name in BEHAVIOUR or DESCRIPTOR.match(form.args or "") is not None


def _shortened(events: Columns) -> Columns:
    """Return events without what their arguments have beyond so many characters."""
    if not any(len(form.args or "") > LONG for form in events.forms):
        return events
    return replace(events, forms=[_short(form) for form in events.forms])


def _short(form: Form) -> Form:
    return form._replace(args=form.args[:LONG]) if form.args and len(form.args) > LONG else form
