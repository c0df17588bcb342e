"""Pins: exact reads wait for all of it, go past the limit, and say what was missing at the end."""
import asyncio


async def attempt(r, n):
    try:
        print("exactly", n, "->", (await r.readexactly(n)).decode() or "nothing")
    except asyncio.IncompleteReadError as e:
        print("exactly", n, "-> incomplete", e.partial.decode() or "nothing", "of", e.expected)
    except ValueError:
        print("exactly", n, "-> value-error")


async def main():
    r = asyncio.StreamReader(limit=2)

    async def feed():
        for word in b"ab", b"cde", b"fghij":
            r.feed_data(word)
            await asyncio.sleep(0)

    task = asyncio.create_task(feed())
    await attempt(r, 7)
    await attempt(r, 0)
    await attempt(r, -1)
    await task
    r.feed_eof()
    await attempt(r, 5)
    await attempt(r, 5)


asyncio.run(main())
