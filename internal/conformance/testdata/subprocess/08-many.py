"""Pins: many commands at once, three at a time, in the order in which they were asked for."""
import asyncio
from asyncio.subprocess import PIPE


async def main():
    limit, running, most = asyncio.Semaphore(3), 0, 0

    async def square(n):
        nonlocal running, most
        async with limit:
            running += 1
            most = max(most, running)
            p = await asyncio.create_subprocess_exec("expr", str(n), "*", str(n), stdout=PIPE)
            out, _ = await p.communicate()
            running -= 1
            return int(out)

    print("squares:", *await asyncio.gather(*(square(n) for n in range(1, 11))))
    print("at once:", most)


asyncio.run(main())
