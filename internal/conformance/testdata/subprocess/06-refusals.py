"""Pins: what does not start."""
import asyncio
import tempfile
from asyncio.subprocess import PIPE


async def attempt(name, make):
    try:
        p = await make
        print(name, "-> started, code", await p.wait())
    except FileNotFoundError:
        print(name, "-> not-found")
    except PermissionError:
        print(name, "-> not permitted")


async def main():
    await attempt("no such program", asyncio.create_subprocess_exec("no-such-program-anywhere"))
    await attempt("with pipes", asyncio.create_subprocess_exec("/no/such/program", stdin=PIPE, stdout=PIPE, stderr=PIPE))
    await attempt("no such directory", asyncio.create_subprocess_exec("true", cwd="/no/such/directory"))
    with tempfile.NamedTemporaryFile() as f:
        await attempt("not executable", asyncio.create_subprocess_exec(f.name))
    await attempt("by the shell", asyncio.create_subprocess_shell("no-such-program-anywhere 2>/dev/null"))
    await attempt("a good one", asyncio.create_subprocess_exec("true"))


asyncio.run(main())
