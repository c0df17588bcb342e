"""Pins: where the standard streams can lead."""
import asyncio
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, STDOUT


async def main():
    both = "echo out; echo err >&2"
    p = await asyncio.create_subprocess_shell(both, stdout=PIPE, stderr=STDOUT)
    out, err = await p.communicate()
    print("merged:", " ".join(out.decode().split()), "/ errors:", "none" if err is None else err)
    p = await asyncio.create_subprocess_shell(both, stdout=DEVNULL, stderr=PIPE)
    out, err = await p.communicate()
    print("only errors:", err.decode().strip(), "/ output:", "none" if out is None else out)
    print("streams:", "none" if p.stdin is None else "pipe", "none" if p.stdout is None else "pipe", "none" if p.stderr is None else "pipe")
    p = await asyncio.create_subprocess_exec("wc", "-c", stdin=DEVNULL, stdout=PIPE)
    out, _ = await p.communicate()
    print("no input:", out.decode().strip())
    with tempfile.TemporaryFile() as f:
        p = await asyncio.create_subprocess_shell("echo to a file", stdout=f)
        code = await p.wait()
        f.seek(0)
        print("file:", f.read().decode().strip(), "/ code:", code)


asyncio.run(main())
