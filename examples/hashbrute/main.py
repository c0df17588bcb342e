"""Find the word of small letters that has a SHA-256: brute force on worker processes.

    python3 main.py [--workers N] [--length N] SHA256

Each call tries the words with one first letter. The one that finds the word sets an event that all workers share, at
which the others look now and then.
"""
import argparse
import asyncio
import hashlib
import itertools
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from string import ascii_lowercase

found = None


def init(event):
    global found
    found = event


def search(first, length, target):
    for tried, rest in enumerate(itertools.product(ascii_lowercase, repeat=length - 1)):
        if tried % 10_000 == 0 and found.is_set():
            return None
        word = first + "".join(rest)
        if hashlib.sha256(word.encode()).hexdigest() == target:
            found.set()
            return word
    return None


async def main(target, length, workers):
    spawn = get_context("spawn")
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=init, initargs=(spawn.Event(),)) as pool:
        calls = [loop.run_in_executor(pool, search, letter, length, target) for letter in ascii_lowercase]
        for call in asyncio.as_completed(calls):
            word = await call
            if word is not None:
                print(word)
                return
    sys.exit("no such word")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--length", type=int, default=4)
    parser.add_argument("target")
    options = parser.parse_args()
    asyncio.run(main(options.target, options.length, options.workers))
