"""Finds the first primes from a number on, with worker processes that take blocks of numbers from a shared counter.

    python3 main.py [--workers N] [--from N] [--count N]

How far to go is not known before. A worker takes the next block by adding to the counter, notes how many primes it has
found in another, and sets an event when these are enough: then each worker finishes its block and goes home. All blocks
before the last one are done then, so the primes are the first ones, whatever worker was faster.
"""
import argparse
import asyncio
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

BLOCK = 1000


def init(*args):
    global next_number, found, enough
    next_number, found, enough = args


def find(worker, count):
    primes, blocks = [], 0
    while not enough.is_set():
        with next_number.get_lock():
            start = next_number.value
            next_number.value += BLOCK
        new = [n for n in range(start, start + BLOCK) if is_prime(n)]
        primes += new
        with found.get_lock():
            found.value += len(new)
            if found.value >= count:
                enough.set()
        blocks += 1
    return worker, primes, blocks


def is_prime(n):
    d = 2
    while d * d <= n:
        if n % d == 0:
            return False
        d += 1
    return n > 1


async def main(options):
    loop = asyncio.get_running_loop()
    spawn = get_context("spawn")
    objects = spawn.Value("q", options.start), spawn.Value("q", 0), spawn.Event()
    with ProcessPoolExecutor(options.workers, mp_context=spawn, initializer=init, initargs=objects) as pool:
        calls = [loop.run_in_executor(pool, find, worker, options.count) for worker in range(options.workers)]
        primes = []
        for call in asyncio.as_completed(calls):
            worker, new, blocks = await call
            print(f"worker {worker}: {len(new)} primes in {blocks} blocks", file=sys.stderr)
            primes += new
    for prime in sorted(primes)[:options.count]:
        print(prime)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--from", type=int, default=1_000_000_000, dest="start")
    parser.add_argument("--count", type=int, default=1000)
    asyncio.run(main(parser.parse_args()))
