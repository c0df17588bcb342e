"""Pins: a line that is longer than the limit is an error and is dropped; the newline does not count."""
import asyncio


async def attempt(r):
    try:
        print("line:", repr((await r.readline()).decode()))
    except ValueError:
        print("line: value-error")


async def main():
    r = asyncio.StreamReader(limit=7)
    r.feed_data(b"1234567\n")
    await attempt(r)
    r.feed_data(b"12345678\nnext\n")
    await attempt(r)
    await attempt(r)
    r.feed_data(b"no newline yet")
    await attempt(r)
    r.feed_data(b" and more\nlast\n")
    await attempt(r)
    await attempt(r)
    r.feed_eof()
    await attempt(r)


asyncio.run(main())
