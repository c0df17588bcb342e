"""One call in another process, of one variable in shared memory.

The counter has to go through the initializer: Python refuses it as an argument of the call.
"""
import asyncio
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

counter = None


def init(value):
    global counter
    counter = value


def increment():
    with counter.get_lock():
        counter.value += 1
        return counter.value


async def main():
    spawn = get_context("spawn")
    value = spawn.Value("d", 0)
    with ProcessPoolExecutor(4, mp_context=spawn, initializer=init, initargs=(value,)) as pool:
        return await asyncio.get_running_loop().run_in_executor(pool, increment)


if __name__ == "__main__":
    print(asyncio.run(main()))
