"""Makes small pictures of files that may be anything: photos, text, or a bomb. It needs Pillow.

    python3 main.py [--workers N] [--memory MIB] [--timeout SECONDS] --out DIR FILE…

A ProcessPoolExecutor breaks when one of its processes dies, and cannot stop a call. So each file gets a process.
"""
import argparse
import os
import resource
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context

from PIL import Image, UnidentifiedImageError

LONGEST = 128
Image.MAX_IMAGE_PIXELS = None  # Pillow looks at the size first; here the limit of the process counts
spawn = get_context("spawn")


def shrink(conn, file, out, memory):
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    conn.send("ready")
    try:
        large = Image.open(file)
        large.load()
        width, height = large.size
        most = max(width, height, LONGEST)
        size = max(1, width * LONGEST // most), max(1, height * LONGEST // most)
        large.convert("RGBA").resize(size, Image.BICUBIC).save(os.path.join(out, os.path.basename(file) + ".thumb.png"))
        conn.send(f"{width}x{height} -> {size[0]}x{size[1]}")
    except MemoryError:
        conn.send("killed: it wanted too much memory")
    except UnidentifiedImageError:
        conn.send("not an image")
    except (OSError, SyntaxError):
        conn.send("broken")


def outcome(options, file):
    conn, theirs = spawn.Pipe()
    process = spawn.Process(target=shrink, args=(theirs, file, options.out, options.memory << 20))
    process.start()
    theirs.close()
    try:
        conn.recv()  # its time begins when it is up
        return conn.recv() if conn.poll(options.timeout) else "killed: it took too long"
    except EOFError:
        return "killed"
    finally:
        process.kill()
        process.join()


def main(options):
    with ThreadPoolExecutor(options.workers) as pool:
        for file, end in zip(options.files, pool.map(lambda file: outcome(options, file), options.files)):
            print(f"{os.path.basename(file)}: {end}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--memory", type=int, default=256)
    parser.add_argument("--timeout", type=float, default=10)
    parser.add_argument("--out", default=".")
    parser.add_argument("files", nargs="*")
    main(parser.parse_args())
