"""Runs programs of others, each in a process of its own, which is killed when it takes too long or too much memory.

    python3 main.py [--workers N] [--timeout SECONDS] [--memory MIB] FILE…

It is no security boundary: the programs have the rights of the user that starts them. A ProcessPoolExecutor cannot do
this: one process that dies breaks it, and a call that runs cannot be stopped. So each program gets a Process and a Pipe.
"""
import argparse
import resource
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context

spawn = get_context("spawn")


def fail(message):
    raise RuntimeError("fail: " + message)


def interpret(conn, name, source, memory):
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    conn.send("ready")
    names = {"fail": fail}
    try:
        exec(compile(source, name, "exec"), names)
        conn.send(f"result {names['result']}" if "result" in names else "failed: it has no result")
    except MemoryError:
        conn.send("killed: it wanted too much memory")
    except Exception as err:
        conn.send(f"failed: {err}")


def outcome(options, file):
    with open(file) as f:
        source = f.read()
    conn, theirs = spawn.Pipe()
    process = spawn.Process(target=interpret, args=(theirs, file, source, options.memory << 20))
    process.start()
    theirs.close()
    try:
        conn.recv()  # its time begins when it is up
        return conn.recv() if conn.poll(options.timeout) else "killed: it took too long"
    except EOFError:
        process.join()
        return f"killed: exit code {process.exitcode}"
    finally:
        process.kill()
        process.join()


def main(options):
    with ThreadPoolExecutor(options.workers) as pool:
        for file, end in zip(options.files, pool.map(lambda file: outcome(options, file), options.files)):
            print(f"{file}: {end}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--timeout", type=float, default=1)
    parser.add_argument("--memory", type=int, default=256)
    parser.add_argument("files", nargs="*")
    main(parser.parse_args())
