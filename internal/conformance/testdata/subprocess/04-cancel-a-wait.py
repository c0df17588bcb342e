"""Pins: cancelling a wait, or its timeout, does not end the process."""
import asyncio
from asyncio.subprocess import PIPE


async def main():
    p = await asyncio.create_subprocess_exec("cat", stdin=PIPE, stdout=PIPE)
    task = asyncio.create_task(p.wait())
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("wait: cancelled / running:", "yes" if p.returncode is None else "no")
    try:
        await asyncio.wait_for(p.wait(), 0.01)
    except TimeoutError:
        print("wait: timeout / running:", "yes" if p.returncode is None else "no")
    try:
        await asyncio.wait_for(p.stdout.readline(), 0.01)
    except TimeoutError:
        print("read: timeout")
    p.stdin.write(b"still there\n")
    print("line:", (await p.stdout.readline()).decode().strip())
    waits = asyncio.gather(*(p.wait() for _ in range(5)))
    p.stdin.close()
    print("codes:", *await waits)


asyncio.run(main())
