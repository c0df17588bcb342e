"""Count the n-grams of a text: MapReduce on worker processes.

    python3 main.py [--n N] [--lines N] [--top N] [--workers N] FILE

The file is cut into partitions of lines. Workers count each one by itself, and again in workers the counts are merged two
by two, until one is left.
"""
import argparse
import asyncio
import re
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def count(lines, n):
    ngrams = Counter()
    for line in lines:
        words = re.findall("[a-z]+", line.lower())
        ngrams.update(" ".join(words[i : i + n]) for i in range(len(words) - n + 1))
    return ngrams


def merge(a, b=Counter()):
    return a + b


async def main(options):
    loop = asyncio.get_running_loop()
    with open(options.file, encoding="utf-8") as file:
        lines = file.read().splitlines()
    parts = [lines[i : i + options.lines] for i in range(0, len(lines), options.lines)]
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
        counts = await asyncio.gather(*(loop.run_in_executor(pool, count, part, options.n) for part in parts))
        while len(counts) > 1:
            pairs = [counts[i : i + 2] for i in range(0, len(counts), 2)]
            counts = await asyncio.gather(*(loop.run_in_executor(pool, merge, *pair) for pair in pairs))
    order = sorted(counts[0].items(), key=lambda item: (-item[1], item[0]))
    for ngram, times in order[: options.top]:
        print(f"{times:5} {ngram}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--n", type=int, default=2)
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--top", type=int, default=10)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("file")
    asyncio.run(main(parser.parse_args()))
