"""Print the SHA-256 of every file below a folder as sha256sum does, sorted by path: a pool of threads reads the files.

    python3 main.py [--workers N] FOLDER

Each file is a call of run_in_executor, and a semaphore bounds how many of them wait in the pool. What cannot be read is
told at the end.
"""

import argparse
import asyncio
import hashlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor


# region digest
def digest(path):
    with open(path, "rb") as file:
        return f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path}"


async def digest_in(pool, slots, path):
    async with slots:
        return await asyncio.get_running_loop().run_in_executor(pool, digest, path)
# endregion digest


async def main(folder, workers):
    errors = []
    names = (os.path.join(where, name) for where, _, files in os.walk(folder, onerror=errors.append) for name in files)
    paths = sorted(filter(os.path.isfile, names))
    slots = asyncio.Semaphore(4 * workers)
    with ThreadPoolExecutor(workers) as pool:
        lines = await asyncio.gather(*(digest_in(pool, slots, path) for path in paths), return_exceptions=True)
    for line in lines:
        if isinstance(line, OSError):
            errors.append(line)
        else:
            print(line)
    if errors:
        sys.exit("\n".join(map(str, errors)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("folder")
    options = parser.parse_args()
    asyncio.run(main(options.folder, options.workers))
