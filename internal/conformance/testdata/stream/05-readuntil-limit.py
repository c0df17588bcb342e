"""Pins: too much before a separator leaves everything in the stream, where a read by size finds it."""
import asyncio


async def attempt(r, separator):
    try:
        print("data:", repr((await r.readuntil(separator)).decode()))
    except asyncio.LimitOverrunError as e:
        print("data: over the limit, consumed", e.consumed)
        return e.consumed


async def main():
    r = asyncio.StreamReader(limit=3)
    r.feed_data(b"some dataAA")
    await attempt(r, b"AAA")
    r.feed_data(b"A!")
    consumed = await attempt(r, b"AAA")
    print("skipped:", (await r.readexactly(consumed)).decode())
    await attempt(r, b"AAA")
    print("left:", (await r.read(10)).decode())
    r.feed_data(b"some dataA")
    await attempt(r, (b"A", b"ome dataA"))


asyncio.run(main())
