"""Pins: of several separators the one that ends first counts; an end before one is an error with what there was."""
import asyncio


async def attempt(r, separator):
    try:
        print("data:", repr((await r.readuntil(separator)).decode()))
    except asyncio.IncompleteReadError as e:
        print("data: incomplete", repr(e.partial.decode()), "/ expected:", "unknown" if e.expected is None else e.expected)
    except ValueError:
        print("data: value-error")


async def main():
    r = asyncio.StreamReader()
    r.feed_data(b"key=value;other:thing;ABCDEFGlineAAline")
    await attempt(r, b"=")
    await attempt(r, (b";", b"="))
    await attempt(r, (b";", b":"))
    await attempt(r, (b":", b";"))
    await attempt(r, (b"DEF", b"BCDE"))
    await attempt(r, b"AA")
    await attempt(r, b"")
    await attempt(r, ())
    r.feed_eof()
    await attempt(r, b"X")
    await attempt(r, b"X")


asyncio.run(main())
