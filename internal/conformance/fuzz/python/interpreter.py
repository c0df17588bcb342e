"""Runs the programs of package fuzz on CPython's asyncio.

It reads programs, one a line as a JSON string, and answers each with its trace, as
a JSON string as well. See doc.go for the language, and interpreter_test.go for the
same in Go.
"""
import asyncio
import concurrent.futures
import json
import logging
import sys
import warnings

from instructions import Frame, Instructions
from language import kind, outcome, parse, show
from virtual import Loop, TaskSet, make_definite

MAX_TASKS = 16
MAX_LINES = 2000


class Handle:
    """A future, a task or a combination, perhaps of several; reach is the first task on which it depends."""

    def __init__(self, fut, reach, several=False):
        self.fut, self.reach, self.several = fut, reach, several


NEVER = 1 << 30


class Run(Instructions):
    def __init__(self, loop, bodies):
        self.loop, self.bodies = loop, bodies
        self.trace, self.over = [], False
        self.count = 0
        self.eager = False  # eager tasks do not add tasks to their own group: CPython forgets to cancel them
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
        body = self.body(handle.reach, int(number), [group] if group and not self.eager else [])
        TaskSet.number[body] = handle.reach
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


def run(text):
    loop = Loop()
    loop.set_exception_handler(lambda loop, context: None)
    asyncio.set_event_loop(loop)
    bodies = [op for op in parse(text) if op.do == "body"]
    state = Run(loop, bodies)
    if any(op.do == "eager" for op in parse(text)):
        loop.set_task_factory(asyncio.eager_task_factory)
        state.eager = True
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
