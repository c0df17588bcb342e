"""Pins: an exception of a handler is reported and closes the connection; a cancellation only closes it."""
import asyncio


async def main():
    reports = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, ctx: reports.append(f"{ctx['message']}: {ctx.get('exception')}"))

    async def handle(r, w):
        word = (await r.readline()).decode().strip()
        if word == "fail":
            raise ValueError("boom")
        if word == "cancel":
            asyncio.current_task().cancel()
            await asyncio.sleep(600)
        w.write(b"fine\n")
        w.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    for word in "fail", "cancel", "work":
        r, w = await asyncio.open_connection(*server.sockets[0].getsockname())
        w.write(word.encode() + b"\n")
        print(word, "->", (await r.read()).decode().strip() or "closed")
        w.close()
        await w.wait_closed()
    server.close()
    await server.wait_closed()
    print("reports:", " / ".join(reports))


asyncio.run(main())
