"""Pins: when the body of "async with" has released the lock itself, the error of the second release is raised, whatever the body raised."""
import asyncio


async def attempt(name, lock, body):
    async def run():
        async with lock:
            lock.release()
            await body()

    task = asyncio.create_task(run())
    await asyncio.wait([task])
    if task.cancelled():
        print(f"{name}: cancelled")
    elif task.exception() is None:
        print(f"{name}: no error")
    else:
        print(f"{name}: {type(task.exception()).__name__}")


async def nothing():
    pass


async def fail():
    raise LookupError("the body's own")


async def cancelled():
    asyncio.current_task().cancel()
    await asyncio.sleep(0)


async def main():
    await attempt("lock, returns", asyncio.Lock(), nothing)
    await attempt("lock, fails", asyncio.Lock(), fail)
    await attempt("lock, cancelled", asyncio.Lock(), cancelled)
    await attempt("condition, fails", asyncio.Condition(), fail)
    await attempt("bounded semaphore, fails", asyncio.BoundedSemaphore(1), fail)


asyncio.run(main())
