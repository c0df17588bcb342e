"""Pins: an exception of the stream ends the read that waits and every later one, whatever is buffered."""
import asyncio


async def outcome(name, aw):
    try:
        print(name, "->", (await aw).decode())
    except ConnectionError as e:
        print(name, "-> error", e)


async def main():
    r = asyncio.StreamReader()
    print("exception:", r.exception() or "none")
    r.feed_data(b"unfinished")
    task = asyncio.create_task(r.readline())
    await asyncio.sleep(0)
    r.set_exception(ConnectionError("lost it"))
    await outcome("waiting", task)
    await outcome("read", r.read(5))
    await outcome("readexactly", r.readexactly(1))
    await outcome("readuntil", r.readuntil(b"i"))
    await outcome("everything", r.read())
    print("exception:", r.exception(), "/ at end:", "yes" if r.at_eof() else "no")


asyncio.run(main())
