"""Pins: as_completed gives up turns for what is done already, and wakes one waiter for each future that ends."""
import asyncio

turn = 0


def tick():
    global turn
    turn += 1
    asyncio.get_running_loop().call_soon(tick)


async def main():
    loop = asyncio.get_running_loop()
    loop.call_soon(tick)
    await asyncio.sleep(0)

    def done(value):
        fut = loop.create_future()
        fut.set_result(value)
        return fut

    begin = turn
    async for fut in asyncio.as_completed([done("first")]):
        print(await fut, "after", turn - begin)
    print("end after", turn - begin)

    begin = turn
    late = loop.create_future()
    loop.call_soon(late.set_result, "late")
    async for fut in asyncio.as_completed([done("done"), late]):
        print(await fut, "after", turn - begin)
    print("end after", turn - begin)

    one, two = loop.create_future(), loop.create_future()
    both = asyncio.as_completed([one, two])
    order = []

    async def take(name):
        async for fut in both:
            order.append(f"{name}:{fut.result()}")
            return

    takers = [asyncio.create_task(take("x")), asyncio.create_task(take("y"))]
    await asyncio.sleep(0)
    two.set_result("two")
    await asyncio.sleep(0)
    one.set_result("one")
    await asyncio.wait(takers)
    print("shared:", *order)


asyncio.run(main())
