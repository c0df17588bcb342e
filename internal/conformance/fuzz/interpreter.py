"""Runs the programs of this package on CPython's asyncio, in virtual time.

It reads programs, one a line as a JSON string, and answers each with its trace, as
a JSON string as well. See doc.go for the language and interpreter_test.go for the
same in Go. What CPython leaves open is made definite here: timers of one deadline
run in the order in which they were made, and a set of futures is taken in the order
in which it was built.
"""
import asyncio
import asyncio.events
import asyncio.taskgroups
import asyncio.tasks
import concurrent.futures
import inspect
import itertools
import json
import logging
import sys
import textwrap
import warnings

MAX_TASKS = 16
MAX_DEPTH = 3
MAX_TURNS = 3000
MAX_LINES = 2000


class OrderedSet(dict):
    def __init__(self, items=()):
        super().__init__(dict.fromkeys(items))

    def add(self, item):
        self[item] = None

    def discard(self, item):
        self.pop(item, None)

    def remove(self, item):
        del self[item]


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
    asyncio.tasks.set = asyncio.taskgroups.set = OrderedSet
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


class UserError(Exception):
    pass


def kind(e):
    match e:
        case asyncio.CancelledError():
            return "cancel"
        case TimeoutError():
            return "timeout"
        case UserError():
            return f"E{e.args[0]}"
        case BaseExceptionGroup():
            return "group(" + " ".join(map(kind, e.exceptions)) + ")"
        case asyncio.BrokenBarrierError():
            return "broken"
    return type(e).__name__


def show(value):
    if isinstance(value, list):
        return "[" + " ".join(map(show, value)) + "]"
    if isinstance(value, BaseException):
        return "!" + kind(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "ok" if value is None else str(value)


CAUGHT = {
    "cancel": asyncio.CancelledError,
    "timeout": TimeoutError,
    "error": Exception,
    "all": BaseException,
}


class Op:
    def __init__(self, line, words):
        self.line, self.do, self.args, self.kids = line, words[0], words[1:], []

    def split(self):
        """The kids, and those of the handler, which comes last."""
        if self.kids and self.kids[-1].do == "handler":
            return self.kids[:-1], self.kids[-1].kids
        return self.kids, []


def parse(text):
    root = Op(0, ["program"])
    path = [root]
    for number, line in enumerate(text.splitlines()):
        depth = len(line) - len(line.lstrip(" "))
        op = Op(number, line.split())
        del path[depth + 1:]
        path[-1].kids.append(op)
        path.append(op)
    return root.kids


class Frame:
    """Where a task is in the program."""

    def __init__(self, name, groups=(), limits=(), depth=0):
        self.name, self.depth = name, depth
        self.groups = list(groups)
        self.limits = list(limits)
        self.returned = None


class Handle:
    """A future, a task or a combination, perhaps of several; reach is the first task on which it depends."""

    def __init__(self, fut, reach, several=False):
        self.fut, self.reach, self.several = fut, reach, several


NEVER = 1 << 30


class Run:
    def __init__(self, loop, bodies):
        self.loop, self.bodies = loop, bodies
        self.trace, self.over = [], False
        self.count = 0
        self.tasks, self.combined = [], []
        self.promises = [Handle(loop.create_future(), NEVER) for _ in range(3)]
        self.free = [concurrent.futures.Future() for _ in range(2)]
        self.locks = [asyncio.Lock(), asyncio.Lock()]
        self.semaphores = [asyncio.Semaphore(1), asyncio.Semaphore(2), asyncio.BoundedSemaphore(1)]
        self.events = [asyncio.Event(), asyncio.Event()]
        self.conditions = [asyncio.Condition(), asyncio.Condition(self.locks[0])]
        self.barriers = [asyncio.Barrier(2), asyncio.Barrier(3)]
        self.queues = [asyncio.Queue(), asyncio.Queue(1), asyncio.LifoQueue(2), asyncio.PriorityQueue(1)]

    def note(self, who, line, what):
        if self.over or len(self.trace) > MAX_LINES:
            return
        self.trace.append(f"{self.loop.turns - self.loop.first}@{int(self.loop.now)} {who}:{line} {what}")

    def end(self):
        """Add what has become of everything."""
        for i, h in enumerate(self.tasks):
            if h.fut:
                self.last(f"t{i} {outcome(h.fut)} {h.fut.cancelling()}")
        for i, h in enumerate(self.promises):
            self.last(f"f{i} {outcome(h.fut)}")
        self.over = True

    def last(self, what):
        if len(self.trace) <= MAX_LINES:
            self.trace.append("end " + what)

    def spawn(self, number, group=None):
        if len(self.tasks) >= MAX_TASKS:
            return "full"
        handle = Handle(None, len(self.tasks))
        self.tasks.append(handle)
        body = self.body(handle.reach, int(number), [group] if group else [])
        if group:
            try:
                handle.fut = group.create_task(body)
            except RuntimeError:
                body.close()
                raise
        else:
            handle.fut = self.loop.create_task(body)
        return f"t{handle.reach}"

    async def body(self, name, number, groups):
        frame = Frame(name, groups)
        self.note(f"t{name}", "start", number)
        await self.block(frame, self.bodies[number % len(self.bodies)].kids)
        return number if frame.returned is None else frame.returned

    async def block(self, frame, ops):
        for op in ops:
            await self.step(frame, op)
            if frame.returned is not None:
                return

    async def step(self, frame, op):
        who = f"t{frame.name}"
        try:
            result = await getattr(self, "do_" + op.do)(frame, op, *op.args)
        except BaseException as e:
            self.note(who, op.line, "!" + kind(e))
            raise
        self.note(who, op.line, show(result))

    def pick(self, frame, ref):
        """The handle that ref names, among those that may be awaited without a circle."""
        name = -1 if frame is None else frame.name
        among = {"f": self.promises, "t": self.tasks, "c": self.combined}[ref[0]]
        among = [h for h in among if h.reach > name and h.fut]
        return among[int(ref[1:]) % len(among)] if among else None

    def picks(self, frame, refs):
        found = [self.pick(frame, ref) for ref in refs]
        return [h for h in found if h]

    def combine(self, fut, handles, several=False):
        self.combined.append(Handle(fut, min((h.reach for h in handles), default=NEVER), several))
        return f"c{len(self.combined) - 1}"

    # Tasks and futures.

    async def do_nop(self, frame, op):
        pass

    async def do_sleep(self, frame, op, ms):
        await asyncio.sleep(int(ms))

    async def do_spawn(self, frame, op, number):
        return self.spawn(number)

    async def do_await(self, frame, op, ref):
        h = self.pick(frame, ref)
        return "none" if h is None else await h.fut

    async def do_cancel(self, frame, op, ref):
        h = self.pick(None, ref)
        return "none" if h is None else h.fut.cancel()

    async def do_uncancel(self, frame, op):
        return asyncio.current_task().uncancel()

    async def do_cancelling(self, frame, op):
        return asyncio.current_task().cancelling()

    async def do_set(self, frame, op, ref, value):
        self.pick(None, ref).fut.set_result(int(value))

    async def do_fail(self, frame, op, ref, value):
        self.pick(None, ref).fut.set_exception(UserError(int(value)))

    async def do_state(self, frame, op, ref):
        h = self.pick(None, ref)
        return "none" if h is None else outcome(h.fut)

    async def do_soon(self, frame, op):
        self.loop.call_soon(self.note, "cb", op.line, "ran")

    async def do_later(self, frame, op, ms):
        self.loop.call_later(int(ms), self.note, "cb", op.line, "ran")

    async def do_ondone(self, frame, op, ref):
        h = self.pick(None, ref)
        if h is None:
            return "none"
        h.fut.add_done_callback(lambda fut: self.note("cb", op.line, outcome(fut)))

    # Flow of control.

    async def do_raise(self, frame, op, number):
        raise UserError(int(number))

    async def do_return(self, frame, op, number):
        frame.returned = int(number)

    async def do_call(self, frame, op, number):
        if frame.depth == MAX_DEPTH:
            return "deep"
        inner = Frame(frame.name, frame.groups, frame.limits, frame.depth + 1)
        await self.block(inner, self.bodies[int(number) % len(self.bodies)].kids)
        return inner.returned

    async def do_repeat(self, frame, op, times):
        for _ in range(int(times)):
            await self.block(frame, op.kids)
            if frame.returned is not None:
                break

    async def do_try(self, frame, op, kinds):
        body, handler = op.split()
        try:
            await self.block(frame, body)
        except CAUGHT[kinds] as e:
            if isinstance(e, GeneratorExit):
                raise
            self.note(f"t{frame.name}", op.line, "caught " + kind(e))
            await self.block(frame, handler)

    async def do_finally(self, frame, op):
        body, handler = op.split()
        try:
            await self.block(frame, body)
        finally:
            returned, frame.returned = frame.returned, None
            await self.block(frame, handler)
            if frame.returned is None:
                frame.returned = returned

    # Scopes.

    async def do_timeout(self, frame, op, ms):
        async with asyncio.timeout(int(ms)) as limit:
            frame.limits.append(limit)
            try:
                await self.block(frame, op.kids)
            finally:
                frame.limits.pop()

    async def do_reschedule(self, frame, op, ms):
        if not frame.limits:
            return "none"
        frame.limits[-1].reschedule(None if int(ms) < 0 else self.loop.time() + int(ms))

    async def do_expired(self, frame, op):
        return frame.limits[-1].expired() if frame.limits else "none"

    async def do_group(self, frame, op):
        async with asyncio.TaskGroup() as group:
            frame.groups.append(group)
            try:
                await self.block(frame, op.kids)
            finally:
                frame.groups.pop()

    async def do_gspawn(self, frame, op, number):
        return self.spawn(number, frame.groups[-1]) if frame.groups else "none"

    # Combinations.

    async def do_gather(self, frame, op, errors, *refs):
        handles = self.picks(frame, refs)
        if not handles or any(h.several for h in handles):
            return "several" if handles else "none"
        fut = asyncio.gather(*[h.fut for h in handles], return_exceptions=errors == "errors")
        return self.combine(fut, handles, True)

    async def do_shield(self, frame, op, ref):
        h = self.pick(frame, ref)
        if h is None or h.several:
            return "several" if h else "none"
        return self.combine(asyncio.shield(h.fut), [h])

    async def do_wrap(self, frame, op, number):
        return self.combine(asyncio.wrap_future(self.free[int(number)]), [])

    async def do_freeset(self, frame, op, number, value):
        self.free[int(number)].set_result(int(value))

    async def do_freestate(self, frame, op, number):
        return outcome(self.free[int(number)])

    async def do_waitfor(self, frame, op, ms, ref):
        h = self.pick(frame, ref)
        return "none" if h is None else await asyncio.wait_for(h.fut, int(ms))

    async def do_wait(self, frame, op, when, ms, *refs):
        handles = self.picks(frame, refs)
        if not handles:
            return "none"
        done, pending = await asyncio.wait(
            [h.fut for h in handles], timeout=int(ms) or None, return_when=when)
        index = [h.fut for h in handles].index
        return f"done={show(sorted(map(index, done)))} pending={show(sorted(map(index, pending)))}"

    async def do_completed(self, frame, op, ms, *refs):
        futs = [h.fut for h in self.picks(frame, refs)]
        async for fut in asyncio.as_completed(futs, timeout=int(ms) or None):
            self.note(f"t{frame.name}", op.line, f"got {futs.index(fut)}")
            await self.block(frame, op.kids)
            if frame.returned is not None:
                break

    # Locks and the like.

    async def do_lock(self, frame, op, n):
        async with self.locks[int(n)]:
            await self.block(frame, op.kids)

    async def do_acquire(self, frame, op, n):
        await self.locks[int(n)].acquire()

    async def do_release(self, frame, op, n):
        self.locks[int(n)].release()

    async def do_semaphore(self, frame, op, n):
        async with self.semaphores[int(n)]:
            await self.block(frame, op.kids)

    async def do_take(self, frame, op, n):
        await self.semaphores[int(n)].acquire()

    async def do_give(self, frame, op, n):
        self.semaphores[int(n)].release()

    async def do_evwait(self, frame, op, n):
        await self.events[int(n)].wait()

    async def do_evset(self, frame, op, n):
        self.events[int(n)].set()

    async def do_evclear(self, frame, op, n):
        self.events[int(n)].clear()

    async def do_condition(self, frame, op, n):
        async with self.conditions[int(n)]:
            await self.block(frame, op.kids)

    async def do_cwait(self, frame, op, n):
        await self.conditions[int(n)].wait()

    async def do_cwaitfor(self, frame, op, n, least):
        await self.conditions[int(n)].wait_for(lambda: self.count >= int(least))

    async def do_count(self, frame, op):
        self.count += 1
        return self.count

    async def do_notify(self, frame, op, n, number):
        self.conditions[int(n)].notify(int(number))

    async def do_notifyall(self, frame, op, n):
        self.conditions[int(n)].notify_all()

    async def do_bwait(self, frame, op, n):
        return await self.barriers[int(n)].wait()

    async def do_breset(self, frame, op, n):
        await self.barriers[int(n)].reset()

    async def do_babort(self, frame, op, n):
        await self.barriers[int(n)].abort()

    # Queues.

    async def do_put(self, frame, op, n, value):
        await self.queues[int(n)].put(int(value))

    async def do_get(self, frame, op, n):
        return await self.queues[int(n)].get()

    async def do_putnow(self, frame, op, n, value):
        self.queues[int(n)].put_nowait(int(value))

    async def do_getnow(self, frame, op, n):
        return self.queues[int(n)].get_nowait()

    async def do_taskdone(self, frame, op, n):
        self.queues[int(n)].task_done()

    async def do_join(self, frame, op, n):
        await self.queues[int(n)].join()

    async def do_qsize(self, frame, op, n):
        return self.queues[int(n)].qsize()

    async def do_shutdown(self, frame, op, n, immediate):
        self.queues[int(n)].shutdown(immediate == "1")


def outcome(fut):
    if not fut.done():
        return "pending"
    if fut.cancelled():
        return "!cancel"
    return "!" + kind(fut.exception()) if fut.exception() else show(fut.result())


def run(text):
    loop = Loop()
    loop.set_exception_handler(lambda loop, context: None)
    asyncio.set_event_loop(loop)
    bodies = [op for op in parse(text) if op.do == "body"]
    state = Run(loop, bodies)
    if any(op.do == "eager" for op in parse(text)):
        loop.set_task_factory(asyncio.eager_task_factory)
    loop.call_soon(state.spawn, 0)
    try:
        loop.run_forever()
        state.end()
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    return "".join(line.rstrip() + "\n" for line in state.trace)


def main():
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda info: None
    make_definite()
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
