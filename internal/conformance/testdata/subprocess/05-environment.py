"""Pins: environment, directory, and the shell's words."""
import asyncio
import os
from asyncio.subprocess import PIPE


async def output(make):
    p = await make
    out, _ = await p.communicate()
    return out.decode().strip()


async def main():
    env = dict(os.environ, FOO="bar baz")
    print("exec:", await output(asyncio.create_subprocess_exec("sh", "-c", "echo $FOO", env=env, stdout=PIPE)))
    print("shell:", await output(asyncio.create_subprocess_shell("echo $FOO | tr a-z A-Z", env=env, stdout=PIPE)))
    print("no shell:", await output(asyncio.create_subprocess_exec("echo", "$FOO", "*", env=env, stdout=PIPE)))
    print("directory:", await output(asyncio.create_subprocess_exec("pwd", cwd="/", stdout=PIPE)))
    print("nothing else:", await output(asyncio.create_subprocess_exec("/usr/bin/env", env={"ONLY": "this"}, stdout=PIPE)))


asyncio.run(main())
