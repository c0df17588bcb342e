"""Pins: a reader with a small limit gets everything all the same, in order, and the writer waits in drain."""
import asyncio
import hashlib


async def main():
    size = 3_000_000
    data = bytes(i * 7 % 251 for i in range(1000)) * (size // 1000)

    async def handle(r, w):
        for at in range(0, size, 100_000):
            w.write(data[at:at + 100_000])
            await w.drain()
        w.close()
        await w.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    r, w = await asyncio.open_connection(*server.sockets[0].getsockname(), limit=1000)
    digest, n = hashlib.sha256(), 0
    head = await r.readexactly(50_000)
    digest.update(head)
    n += len(head)
    await asyncio.sleep(0.05)
    while block := await r.read(10_000):
        digest.update(block)
        n += len(block)
    print("bytes:", n, "/ all there:", "yes" if digest.digest() == hashlib.sha256(data).digest() else "no")
    w.close()
    await w.wait_closed()
    server.close()
    await server.wait_closed()


asyncio.run(main())
