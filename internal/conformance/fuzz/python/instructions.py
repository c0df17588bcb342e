"""What the instructions of a program do."""
import asyncio

from language import CAUGHT, UserError, kind, outcome, show

MAX_DEPTH = 3


class Frame:
    """Where a task is in the program."""

    def __init__(self, name, groups=(), limits=(), depth=0):
        self.name, self.depth = name, depth
        self.groups = list(groups)
        self.limits = list(limits)
        self.returned = None


class Instructions:
    """The instructions, each a method do_NAME(frame, op, *args) of a Run."""

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
