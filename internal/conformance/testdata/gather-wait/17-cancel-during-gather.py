"""Pins: a request that a gather cannot pass on any more, because all its children are done, is told when the gather ends: waiters run in their order."""
import asyncio


async def scene(name, cancel):
    loop = asyncio.get_running_loop()
    children = [loop.create_future(), loop.create_future()]
    both = asyncio.gather(*children)
    trace = []

    async def wait(who):
        try:
            await both
        except asyncio.CancelledError:
            trace.append(f"{who}-cancelled")

    tasks = [asyncio.create_task(wait("a")), asyncio.create_task(wait("b"))]
    await asyncio.sleep(0)
    granted = cancel(tasks, children)
    for turn in range(1, 4):
        await asyncio.sleep(0)
        trace.append(f"turn{turn}")
    await asyncio.wait(tasks, timeout=0.01)
    for task in tasks:
        if not task.done():
            task.cancel()
            trace.append("still-waiting")
    await asyncio.wait(tasks)
    print(f"{name}: granted: {' '.join('yes' if g else 'no' for g in granted)} / {' '.join(trace)}")


def first_twice(tasks, children):
    return [tasks[0].cancel(), tasks[0].cancel()]


def each_once(tasks, children):
    return [tasks[0].cancel(), tasks[1].cancel()]


def second_then_first(tasks, children):
    return [tasks[1].cancel(), tasks[0].cancel()]


def after_the_children(tasks, children):
    for child in children:
        child.set_result(None)
    return [tasks[0].cancel()]


async def wait_for_without_time():
    loop = asyncio.get_running_loop()
    try:
        await asyncio.wait_for(asyncio.gather(loop.create_future()), 0)
    except TimeoutError:
        print("wait_for without time: TimeoutError")


async def main():
    await scene("one waiter canceled twice", first_twice)
    await scene("each canceled", each_once)
    await scene("the second first", second_then_first)
    await scene("children done before", after_the_children)
    await wait_for_without_time()


asyncio.run(main())
