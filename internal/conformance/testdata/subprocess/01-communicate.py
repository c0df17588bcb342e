"""Pins: input, output and errors of a command; what is no pipe is nothing."""
import asyncio
from asyncio.subprocess import DEVNULL, PIPE


async def main():
    p = await asyncio.create_subprocess_exec("cat", stdin=PIPE, stdout=PIPE)
    out, err = await p.communicate(b"some data")
    print("cat:", out.decode(), "/ errors:", "none" if err is None else err.decode(), "/ code:", p.returncode)
    p = await asyncio.create_subprocess_exec("sh", "-c", "echo out; echo err >&2; exit 3", stdout=PIPE, stderr=PIPE)
    out, err = await p.communicate()
    print("both:", out.decode().strip(), err.decode().strip(), "/ code:", p.returncode)
    p = await asyncio.create_subprocess_exec("cat", stdin=PIPE, stdout=PIPE)
    out, _ = await p.communicate()
    print("no input:", len(out), "bytes / code:", p.returncode)
    big = b"0123456789" * 100_000
    p = await asyncio.create_subprocess_exec("cat", stdin=PIPE, stdout=PIPE)
    out, _ = await p.communicate(big)
    print("big:", "same" if out == big else "different", "/ code:", p.returncode)
    p = await asyncio.create_subprocess_exec("true", stdin=PIPE, stdout=DEVNULL)
    await p.communicate(big)
    print("input that is not taken, code:", p.returncode)


asyncio.run(main())
