"""Three workers take jobs from a queue. It needs Python 3.13, for Queue.shutdown."""
import asyncio


# region run
async def run():
    jobs = asyncio.Queue(10)
    total = [0]
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(worker(jobs, total))
        for n in range(100):
            await jobs.put(n)  # waits while ten jobs are in the queue
        await jobs.join()  # every job so far is done
        print("so far:", total[0])
        await jobs.put(1000)
        jobs.shutdown()  # the workers do what is left, and return
    print("in the end:", total[0])
# endregion run


# region worker
async def worker(jobs, total):
    while True:
        try:
            n = await jobs.get()
        except asyncio.QueueShutDown:
            return
        try:
            result = await square(n)
        except ValueError as error:
            print("skipped:", error)
        else:
            total[0] += result
        jobs.task_done()
# endregion worker


async def square(n):
    if n == 13:
        raise ValueError(f"{n} brings bad luck")
    await asyncio.sleep(0.001)
    return n * n


asyncio.run(run())
