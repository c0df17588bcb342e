"""Pins: after close: the reader is at its end, drain is an error, closing again does nothing."""
import asyncio


async def main():
    async def handle(r, w):
        await r.read()
        w.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    r, w = await asyncio.open_connection(*server.sockets[0].getsockname())
    await w.drain()
    print("drained")
    reading = asyncio.create_task(r.read())
    await asyncio.sleep(0)
    w.close()
    w.close()
    await w.wait_closed()
    print("the read that waited:", len(await reading), "bytes / at end:", "yes" if r.at_eof() else "no")
    w.write(b"too late")
    try:
        await w.drain()
        print("drain: fine")
    except ConnectionResetError:
        print("drain: connection lost")
    await w.wait_closed()
    print("waited again")
    server.close()
    await server.wait_closed()


asyncio.run(main())
