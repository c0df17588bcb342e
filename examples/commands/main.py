"""Runs command lines, several at a time, shows what they print while they run, and ends those that take too long.

    python3 main.py 'echo one' 'sleep 1; echo two' 'exit 3'
    python3 main.py --jobs 2 --timeout 1 'sleep 100 & sleep 100' 'echo fine'
"""
import argparse
import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT


# region command
async def command(options, limit, n, line):
    async with limit:
        p = await asyncio.create_subprocess_shell(
            line, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, start_new_session=True
        )
        showing = asyncio.create_task(show(n, p))
        done, _ = await asyncio.wait([showing], timeout=options.timeout)
        if not done:
            await end_group(p, showing, options.grace)
        code = await p.wait()
    if not done:
        return "took too long"
    return f"code {code}" if code else "ok"
# endregion command


async def end_group(p, showing, grace):
    for sig in signal.SIGTERM, signal.SIGKILL:
        try:
            os.killpg(p.pid, sig)
        except ProcessLookupError:
            pass
        done, _ = await asyncio.wait([showing], timeout=grace)
        if done:
            return
    await showing


async def show(n, p):
    async for line in p.stdout:
        print(f"{n}> {line.decode()}", end="", flush=True)


async def main(options):
    limit = asyncio.Semaphore(options.jobs)
    outcomes = await asyncio.gather(*(command(options, limit, n, line) for n, line in enumerate(options.lines, 1)))
    for n, (line, outcome) in enumerate(zip(options.lines, outcomes), 1):
        print(f"{n}: {line}: {outcome}")
    if any(outcome != "ok" for outcome in outcomes):
        sys.exit("some commands have failed")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--timeout", type=float, default=60)
    parser.add_argument("--grace", type=float, default=1)
    parser.add_argument("lines", nargs="*")
    asyncio.run(main(parser.parse_args()))
