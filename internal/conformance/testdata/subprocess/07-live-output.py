"""Pins: a conversation: lines come while the process runs."""
import asyncio
from asyncio.subprocess import PIPE

SCRIPT = 'echo hello; while read name; do echo "got $name"; done; echo bye; exit 4'


async def main():
    p = await asyncio.create_subprocess_exec("sh", "-c", SCRIPT, stdin=PIPE, stdout=PIPE)
    print("line:", (await p.stdout.readline()).decode().strip())
    for word in "one", "two", "three":
        p.stdin.write(word.encode() + b"\n")
        await p.stdin.drain()
        print("line:", (await p.stdout.readline()).decode().strip())
    print("running:", "yes" if p.returncode is None else "no")
    p.stdin.close()
    await p.stdin.wait_closed()
    async for line in p.stdout:
        print("line:", line.decode().strip())
    print("code:", await p.wait(), "/ at end:", "yes" if p.stdout.at_eof() else "no")


asyncio.run(main())
