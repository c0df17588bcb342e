"""Pins: canceling what wrap_future returned reaches the wrapped future in the loop's next turn, after the callbacks that were there first."""
import asyncio
import concurrent.futures


def yes(b):
    return "yes" if b else "no"


async def main():
    source = concurrent.futures.Future()
    wrapper = asyncio.wrap_future(source)
    asyncio.get_running_loop().call_soon(lambda: print("a callback before: source cancelled:", yes(source.cancelled())))
    print("granted:", yes(wrapper.cancel()))
    print("wrapper cancelled:", yes(wrapper.cancelled()))
    print("at once: source cancelled:", yes(source.cancelled()))
    await asyncio.sleep(0)
    print("a turn later: source cancelled:", yes(source.cancelled()))

    source = concurrent.futures.Future()
    wrapper = asyncio.wrap_future(source)
    waiter = asyncio.create_task(asyncio.wait([wrapper]))
    wrapper.add_done_callback(lambda _: print("told of the wrapper's end: source cancelled:", yes(source.cancelled())))
    await asyncio.sleep(0)
    wrapper.cancel()
    await waiter

    source = concurrent.futures.Future()
    wrapper = asyncio.wrap_future(source)
    waiter = asyncio.create_task(asyncio.wait([wrapper]))
    await asyncio.sleep(0)
    source.cancel()
    turns = 0
    while not wrapper.done():
        turns += 1
        await asyncio.sleep(0)
    print("the other way round: turns:", turns)
    await waiter


asyncio.run(main())
