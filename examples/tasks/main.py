"""Two tasks at the same time on one loop, in one second."""
import asyncio


async def breakfast():
    first = asyncio.create_task(pour())
    second = asyncio.create_task(pour())
    print(await asyncio.gather(first, second))


async def pour():
    await asyncio.sleep(1)
    return "a cup"


asyncio.run(breakfast())
