"""Pins: codes of exits and of signals, and what can be asked of a process that is over."""
import asyncio
import signal
from asyncio.subprocess import PIPE


async def main():
    for code in 0, 7, 255:
        p = await asyncio.create_subprocess_shell(f"exit {code}")
        print("exit", code, "->", await p.wait())

    async def sleeping():
        p = await asyncio.create_subprocess_exec("sh", "-c", "echo ready; exec sleep 600", stdout=PIPE)
        await p.stdout.readline()
        print("running:", "yes" if p.returncode is None else "no", end=" ")
        return p

    p = await sleeping()
    p.terminate()
    print("terminate ->", await p.wait())
    p = await sleeping()
    p.kill()
    print("kill ->", await p.wait())
    p = await sleeping()
    p.send_signal(signal.SIGALRM)
    print("alarm ->", await p.wait(), "/ again:", await p.wait())
    for name, call in ("terminate", p.terminate), ("kill", p.kill), ("send_signal", lambda: p.send_signal(signal.SIGALRM)):
        try:
            call()
            print(name, "fine")
        except ProcessLookupError:
            print(name, "process-over")


asyncio.run(main())
