"""Four worker processes share one counter, which the initializer hands to each of them.

    python3 main.py                              # prints 1.0
    python3 main.py --workers 4 --calls 40000    # prints 40000.0 last
"""
import argparse
import asyncio
import collections
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

# region worker
shared_counter = None


def init(counter):
    global shared_counter
    shared_counter = counter


def increment():
    with shared_counter.get_lock():
        shared_counter.value += 1
    return os.getpid()
# endregion worker


async def main(workers, calls):
    spawn = get_context("spawn")
    counter = spawn.Value("d", 0)
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=init, initargs=(counter,)) as pool:
        loop = asyncio.get_running_loop()
        pids = await asyncio.gather(*(loop.run_in_executor(pool, increment) for _ in range(calls)))
    for pid, n in sorted(collections.Counter(pids).items()):
        print(f"worker {pid}: {n} calls", file=sys.stderr)
    print(counter.value)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--calls", type=int, default=1)
    options = parser.parse_args()
    asyncio.run(main(options.workers, options.calls))
