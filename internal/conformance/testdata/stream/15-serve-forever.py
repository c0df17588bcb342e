"""Pins: serve_forever ends with a cancellation, which closes the server for good."""
import asyncio


async def main():
    async def handle(r, w):
        w.write(b"hi")
        w.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, start_serving=False)
    print("serving:", "yes" if server.is_serving() else "no")
    task = asyncio.create_task(server.serve_forever())
    await asyncio.sleep(0)
    print("serving:", "yes" if server.is_serving() else "no")
    try:
        await server.serve_forever()
    except RuntimeError:
        print("second: runtime-error")
    r, w = await asyncio.open_connection(*server.sockets[0].getsockname())
    print("client got:", (await r.read()).decode())
    w.close()
    await w.wait_closed()
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled, serving:", "yes" if server.is_serving() else "no")
    try:
        await server.serve_forever()
    except RuntimeError:
        print("third: runtime-error")
    await server.wait_closed()
    print("closed")


asyncio.run(main())
