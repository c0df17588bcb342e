"""Pins: lines keep their newline; the last one may have none; then there is the end."""
import asyncio


async def main():
    r = asyncio.StreamReader()
    r.feed_data(b"one\ntwo\n\nthr")
    for _ in range(3):
        print("line:", repr((await r.readline()).decode()))

    async def rest():
        r.feed_data(b"ee\nfo")
        await asyncio.sleep(0)
        r.feed_data(b"ur")
        r.feed_eof()

    task = asyncio.create_task(rest())
    while line := await r.readline():
        print("line:", repr(line.decode()))
    print("end, at end:", "yes" if r.at_eof() else "no")
    await task


asyncio.run(main())
