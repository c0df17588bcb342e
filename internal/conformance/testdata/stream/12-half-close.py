"""Pins: one side says that no more comes, and still gets the answer."""
import asyncio


async def main():
    async def handle(r, w):
        data = await r.read()
        print("server got", len(data), "bytes, at end:", "yes" if r.at_eof() else "no")
        w.write(b"thank you for %d" % len(data))
        await w.drain()
        w.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    r, w = await asyncio.open_connection(*server.sockets[0].getsockname())
    print("can write eof:", "yes" if w.can_write_eof() else "no")
    for _ in range(100):
        w.write(b"x" * 10_000)
        await w.drain()
    w.writelines([b"a", b"b", b"c"])
    w.write_eof()
    try:
        w.write(b"more")
        print("write: accepted")
    except RuntimeError:
        print("write: runtime-error")
    print("client got:", (await r.read()).decode())
    w.close()
    await w.wait_closed()
    server.close()
    await server.wait_closed()


asyncio.run(main())
