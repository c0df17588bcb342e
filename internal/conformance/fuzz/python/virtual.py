"""Makes CPython's asyncio definite: time passes only while a loop waits, and what CPython leaves open has one order.

Timers of one deadline run in the order in which they were made, and a set of futures
is taken in the order in which it was built.
"""
import asyncio
import asyncio.events
import asyncio.taskgroups
import asyncio.tasks
import inspect
import itertools
import sys
import textwrap
import weakref

MAX_TURNS = 3000


class OrderedSet(dict):
    def __init__(self, items=()):
        super().__init__(dict.fromkeys(items))

    def add(self, item):
        self[item] = None

    def discard(self, item):
        self.pop(item, None)

    def remove(self, item):
        del self[item]


class TaskSet(OrderedSet):
    """The tasks of a group, in the order in which they were made: an eager one is added when it first waits."""

    number = weakref.WeakKeyDictionary()  # of the task, by its coroutine

    def __iter__(self):
        return iter(sorted(self.keys(), key=lambda task: self.number[task.get_coro()]))


class OrderedTimerHandle(asyncio.events.TimerHandle):
    __slots__ = ("serial",)
    count = itertools.count()

    def __init__(self, *args):
        super().__init__(*args)
        self.serial = next(self.count)

    def __lt__(self, other):
        return (self._when, self.serial) < (other._when, other.serial)


def make_definite():
    asyncio.events.TimerHandle = OrderedTimerHandle
    asyncio.tasks.set = OrderedSet
    asyncio.taskgroups.set = TaskSet
    iterator = asyncio.tasks._AsCompletedIterator
    old = "{ensure_future(aw, loop=loop) for aw in set(aws)}"
    source = inspect.getsource(iterator.__init__)
    if source.count(old) != 1:
        sys.exit("as_completed is not the one of CPython 3.13.0")
    source = source.replace(old, "set(ensure_future(aw, loop=loop) for aw in aws)")
    scope = {}
    exec(textwrap.dedent(source), asyncio.tasks.__dict__, scope)
    iterator.__init__ = scope["__init__"]


class Selector:
    """Lets the time pass that the loop would wait."""

    def __init__(self, loop):
        self.loop = loop

    def select(self, timeout):
        if timeout is None:
            self.loop.stop()  # nothing is left to do
        elif timeout > 0:
            self.loop.now += timeout
            self.loop.first = self.loop.turns
        return []


class Loop(asyncio.BaseEventLoop):
    """A loop whose time is counted in milliseconds and passes only while it waits."""

    def __init__(self):
        super().__init__()
        self.now = 0.0
        self.turns = 0
        self.first = 1  # the first turn since it last had to wait
        self._selector = Selector(self)
        self._clock_resolution = 0.25

    def time(self):
        return self.now

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        pass

    def _run_once(self):
        self.turns += 1
        if self.turns > MAX_TURNS:
            self.stop()
        super()._run_once()
