"""Pins: a reader that waits is woken by data, in turn; a second one that would wait is refused."""
import asyncio


async def main():
    r = asyncio.StreamReader()
    trace = []

    async def read(name):
        trace.append(name + "-waits")
        try:
            trace.append(name + "-got-" + (await r.readline()).decode().strip())
        except RuntimeError:
            trace.append(name + "-runtime-error")

    first, second = asyncio.create_task(read("first")), asyncio.create_task(read("second"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    trace.append("feed-half")
    r.feed_data(b"hel")
    await asyncio.sleep(0)
    trace.append("feed-rest")
    r.feed_data(b"lo\nmore\n")
    trace.append("fed")
    await asyncio.gather(first, second)
    await read("third")
    print(" ".join(trace))


asyncio.run(main())
