"""Pins: a Unix socket is a file, which goes with its server."""
import asyncio
import os
import tempfile


async def main():
    path = os.path.join(tempfile.mkdtemp(), "s")

    async def handle(r, w):
        w.write((await r.readexactly(5))[::-1])
        w.close()
        await w.wait_closed()

    server = await asyncio.start_unix_server(handle, path)
    print("file:", "yes" if os.path.exists(path) else "no")
    r, w = await asyncio.open_unix_connection(path)
    w.write(b"hello")
    print("answer:", (await r.read()).decode())
    w.close()
    await w.wait_closed()
    server.close()
    await server.wait_closed()
    print("file:", "yes" if os.path.exists(path) else "no")
    try:
        await asyncio.open_unix_connection(path)
    except FileNotFoundError:
        print("connecting: not-found")


asyncio.run(main())
