"""Pins: a server, clients, and the end of both."""
import asyncio


async def main():
    served = []

    async def handle(r, w):
        async for line in r:
            served.append(line.decode().strip())
            w.write(line.upper())
            await w.drain()
        w.close()
        await w.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    print("serving:", "yes" if server.is_serving() else "no")
    address = server.sockets[0].getsockname()

    async def client(name):
        r, w = await asyncio.open_connection(*address)
        answers = []
        for n in range(3):
            w.write(f"{name}{n}\n".encode())
            await w.drain()
            answers.append((await r.readline()).decode().strip())
        print("closing:", "yes" if w.is_closing() else "no", end=" ")
        w.close()
        print("then", "yes" if w.is_closing() else "no", end=" ")
        await w.wait_closed()
        print("/ answers:", " ".join(answers))

    for name in "abc":
        await client(name)
    server.close()
    await server.wait_closed()
    print("serving:", "yes" if server.is_serving() else "no", "/ served:", " ".join(served))


asyncio.run(main())
