"""Checksums of the blocks of a file, by a pipeline that stops in order at SIGTERM or Ctrl-C.

    python3 main.py [--block BYTES] [--slots N] [--pace SECONDS] [--workers N] FILE

Blocks are read into arrays in shared memory, where worker processes find them without a copy. There are as many arrays as
slots: when all are in use the reader waits. The checksums are printed in the order of the file. At a signal the reader
stops, and what has been read goes through to the end.
"""
import argparse
import asyncio
import signal
import zlib
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

slots = None


def init(arrays):
    global slots
    slots = arrays
    for sig in signal.SIGINT, signal.SIGTERM:  # which reach the whole group; the parent decides
        signal.signal(sig, signal.SIG_IGN)


def checksum(slot, size):
    return zlib.crc32(memoryview(slots[slot])[:size])


async def read(file, arrays, free, order, pool, pace):
    loop = asyncio.get_running_loop()
    while True:
        slot = await free.get()
        size = await asyncio.to_thread(file.readinto, arrays[slot])
        if not size:
            return
        order.put_nowait((slot, loop.run_in_executor(pool, checksum, slot, size)))
        await asyncio.sleep(pace)


async def write(free, order):
    blocks = 0
    while item := await order.get():
        slot, call = item
        print(f"{blocks:6} {await call:08x}", flush=True)
        free.put_nowait(slot)
        blocks += 1
    return blocks


async def main(options):
    loop = asyncio.get_running_loop()
    spawn = get_context("spawn")
    arrays = [spawn.RawArray("B", options.block) for _ in range(options.slots)]
    free, order = asyncio.Queue(), asyncio.Queue()
    for slot in range(options.slots):
        free.put_nowait(slot)
    with ProcessPoolExecutor(options.workers, mp_context=spawn, initializer=init, initargs=(arrays,)) as pool:
        with open(options.file, "rb", buffering=0) as file:
            reader = asyncio.create_task(read(file, arrays, free, order, pool, options.pace))
            for sig in signal.SIGINT, signal.SIGTERM:
                loop.add_signal_handler(sig, reader.cancel)
            writer = asyncio.create_task(write(free, order))
            await asyncio.wait([reader])
            order.put_nowait(None)
            blocks = await writer
    print(f"stopped after {blocks} blocks" if reader.cancelled() else f"{blocks} blocks")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--block", type=int, default=65536)
    parser.add_argument("--slots", type=int, default=8)
    parser.add_argument("--pace", type=float, default=0)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("file")
    asyncio.run(main(parser.parse_args()))
