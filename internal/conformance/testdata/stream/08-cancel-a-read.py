"""Pins: a read that is cancelled, or times out, takes nothing."""
import asyncio


async def main():
    r = asyncio.StreamReader()
    r.feed_data(b"half a ")
    task = asyncio.create_task(r.readline())
    await asyncio.sleep(0)
    task.cancel()
    r.feed_data(b"li")
    try:
        await task
    except asyncio.CancelledError:
        print("first: cancelled")
    try:
        async with asyncio.timeout(0.01):
            await r.readexactly(100)
    except TimeoutError:
        print("second: timeout")
    r.feed_data(b"ne\n")
    print("third:", (await r.readline()).decode().strip())


asyncio.run(main())
