"""Count the words of all text files below a directory: MapReduce on worker processes.

    python3 main.py [--workers N] DIR

Partitions of the files are counted in worker processes and merged as they complete. Meanwhile the workers add up the
bytes that they have done in a counter in shared memory, from which the loop writes the progress. Ctrl-C stops it.
"""
import argparse
import asyncio
import collections
import os
import re
import signal
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

WORD = re.compile(r"[^\W_]+")
done = None  # bytes that all workers have dealt with; set by the initializer


class Tally:
    def __init__(self):
        self.words = collections.Counter()
        self.files = self.bytes = self.binary = 0
        self.unreadable = []

    def merge(self, other):
        self.words.update(other.words)
        self.files += other.files
        self.bytes += other.bytes
        self.binary += other.binary
        self.unreadable += other.unreadable


def init(counter):
    global done
    done = counter
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides


def map_partition(files):
    tally = Tally()
    for path, size in files:
        try:
            with open(path, "rb") as f:
                data = f.read()
        except OSError as e:
            tally.unreadable.append(str(e))
        else:
            if b"\0" in data[:8000]:
                tally.binary += 1
            else:
                words = WORD.findall(data.decode("utf-8", "replace").lower())
                tally.words.update(w for w in words if w[0].isalpha())
                tally.files += 1
                tally.bytes += len(data)
        with done.get_lock():
            done.value += size
    return tally


def walk(directory):
    files, unreadable = [], []
    os.stat(directory)  # it must exist
    for folder, _, names in os.walk(directory, onerror=lambda e: unreadable.append(str(e))):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                files.append((path, os.path.getsize(path)))
    return files, unreadable


def partitions(files, workers):
    enough = sum(size for _, size in files) // (workers * 16) + 1
    part, total = [], 0
    for f in files:
        part.append(f)
        total += f[1]
        if total >= enough:
            yield part
            part, total = [], 0
    if part:
        yield part


async def draw(counter, total):
    following = 0  # the tenth that was not written yet
    while True:
        value = counter.value
        if value * 10 >= following * total:
            print(f"{value} of {total} bytes", file=sys.stderr)
            following = value * 10 // max(total, 1) + 1
        await asyncio.sleep(0.1)


async def main(directory, workers):
    start = time.perf_counter()
    loop = asyncio.get_running_loop()
    files, unreadable = await asyncio.to_thread(walk, directory)
    total = Tally()
    total.unreadable += unreadable
    spawn = get_context("spawn")
    counter = spawn.Value("q", 0)
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=init, initargs=(counter,)) as pool:
        drawing = asyncio.create_task(draw(counter, sum(size for _, size in files)))
        try:
            parts = [loop.run_in_executor(pool, map_partition, part) for part in partitions(files, workers)]
            for part in asyncio.as_completed(parts):
                total.merge(await part)
        except asyncio.CancelledError:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        finally:
            drawing.cancel()

    for complaint in total.unreadable:
        print("wordcount:", complaint, file=sys.stderr)
    for word, n in sorted(total.words.items(), key=lambda item: (-item[1], item[0]))[:10]:
        print(f"{n:10}  {word}")
    line = f"{total.files} files, {total.bytes} bytes, {workers} workers, {time.perf_counter() - start:.2f} s"
    if total.binary:
        line += f"; {total.binary} files hold no text"
    if total.unreadable:
        line += f"; {len(total.unreadable)} could not be read"
    print(line)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("dir")
    options = parser.parse_args()
    try:
        asyncio.run(main(options.dir, options.workers))
    except KeyboardInterrupt:
        print("wordcount: interrupted", file=sys.stderr)
        sys.exit(130)
