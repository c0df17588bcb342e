"""Pins: how many turns of the loop wait_for takes: two to cancel without time, one to wake, none of its own around a coroutine."""
import asyncio

turn = 0


def tick():
    global turn
    turn += 1
    asyncio.get_running_loop().call_soon(tick)


async def took(name, awaitable):
    begin = turn
    try:
        how = await awaitable
    except BaseException as e:
        how = type(e).__name__
    print(f"{name}: {how} after {turn - begin}")


async def value():
    return "value"


async def wait_for_coroutine():
    return await asyncio.wait_for(value(), 1)


async def wait_for_task():
    return await asyncio.wait_for(asyncio.create_task(value()), 1)


async def in_timeout():
    async with asyncio.timeout(1):
        return await value()


async def main():
    loop = asyncio.get_running_loop()
    loop.call_soon(tick)
    await asyncio.sleep(0)

    await took("no time, a future", asyncio.wait_for(loop.create_future(), 0))

    sleeper = asyncio.create_task(asyncio.sleep(60))
    await asyncio.sleep(0)
    await took("no time, a task that sleeps", asyncio.wait_for(sleeper, 0))
    await took("no time, a task that has not begun", asyncio.wait_for(asyncio.create_task(value()), 0))

    done = loop.create_future()
    done.set_result("done")
    await took("no time, a future that is done", asyncio.wait_for(done, 0))

    ready = loop.create_future()
    loop.call_soon(ready.set_result, "ready")
    await took("a second, a future", asyncio.wait_for(ready, 1))
    await took("a second, a task", wait_for_task())
    await took("a second, a coroutine", wait_for_coroutine())
    await took("the same in a timeout", in_timeout())

    waiter = asyncio.create_task(took("no time, and canceled", asyncio.wait_for(loop.create_future(), 0)))
    await asyncio.sleep(0)
    waiter.cancel()
    await waiter


asyncio.run(main())
