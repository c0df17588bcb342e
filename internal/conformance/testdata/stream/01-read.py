"""Pins: reads take what is there: sizes, zero, everything, the end."""
import asyncio


def shown(data):
    return data.decode() if data else "(end)"


async def main():
    r = asyncio.StreamReader()
    r.feed_data(b"line1")
    r.feed_data(b"line2")
    print("five:", shown(await r.read(5)), "/ at end:", "yes" if r.at_eof() else "no")
    print("zero bytes:", len(await r.read(0)))
    print("at most 100:", shown(await r.read(100)))
    r.feed_data(b"chunk1 ")
    r.feed_data(b"chunk2")
    r.feed_eof()
    print("fed and ended, at end:", "yes" if r.at_eof() else "no")
    print("everything:", shown(await r.read(-1)), "/ at end:", "yes" if r.at_eof() else "no")
    print("again:", shown(await r.read(10)), "/ everything again:", len(await r.read(-1)))


asyncio.run(main())
