"""An HTTP service whose work runs in a pool of processes, each with a model that the initializer has loaded.

    python3 main.py [--address HOST:PORT] [--workers N] [--queue N] [--deadline SECONDS] languages.txt

    /guess?q=TEXT     which language that is
    /spin?q=SECONDS   burns so much time of a CPU, to see what happens
    /crash            ends the worker, to see what happens
    /stats            how many calls are in work
    /debug            the tasks of the loop

Too many calls at a time are 503, and one that takes too long is 504. The worker of that goes on with it all the same, and
when a worker dies the pool is broken: each call that it has is 500, not only the one to blame, and there is a new pool.
At SIGTERM or Ctrl-C the service answers what it has accepted, and stops.
"""

import argparse
import asyncio
import os
import signal
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from http import HTTPStatus
from multiprocessing import get_context
from urllib.parse import parse_qs, urlsplit

model = {}  # of each worker: the language of a word


def load(path):
    for sig in signal.SIGINT, signal.SIGTERM:  # which may reach the whole group; the parent decides
        signal.signal(sig, signal.SIG_IGN)
    with open(path, encoding="utf-8") as file:
        for language, *words in map(str.split, file):
            model.update(dict.fromkeys(words, language))


def guess(text):
    hits = Counter(model[word] for word in text.lower().split() if word in model)
    return max(sorted(hits), key=hits.get, default="unknown")


def spin(seconds):
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        pass
    return "done"


def crash(_):
    os._exit(3)


WORK = {"/guess": guess, "/spin": spin, "/crash": crash}


class Service:
    def __init__(self, options):
        self.options = options
        self.pool = self.new_pool()
        self.calls = 0
        self.requests = set()

    def new_pool(self):
        options, spawn = self.options, get_context("spawn")
        return ProcessPoolExecutor(options.workers, spawn, initializer=load, initargs=(options.model,))

    async def call(self, work, query):
        if self.calls >= self.options.workers + self.options.queue:
            return 503, None
        self.calls += 1
        pool = self.pool
        try:
            result = asyncio.get_running_loop().run_in_executor(pool, work, query)
            return 200, await asyncio.wait_for(result, self.options.deadline)
        except asyncio.TimeoutError:
            return 504, None
        except ValueError:
            return 400, None
        except BrokenProcessPool:
            if self.pool is pool:
                self.pool = self.new_pool()
            return 500, None
        finally:
            self.calls -= 1

    async def answer(self, url):
        if url.path in WORK:
            return await self.call(WORK[url.path], parse_qs(url.query).get("q", [""])[0])
        if url.path == "/stats":
            return 200, f"calls: {self.calls}"
        if url.path == "/debug":
            return 200, "\n".join(map(str, asyncio.all_tasks()))
        return 404, None

    async def serve(self, reader, writer):
        self.requests.add(asyncio.current_task())
        try:
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            status, text = await self.answer(urlsplit(request.split()[1]))
            phrase = HTTPStatus(status).phrase
            body = f"{text or phrase}\n".encode()
            head = f"HTTP/1.1 {status} {phrase}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
        except (EOFError, ConnectionError):
            pass  # the client went away
        finally:
            writer.close()
            self.requests.discard(asyncio.current_task())


async def main(options):
    service, stop = Service(options), asyncio.Event()
    for sig in signal.SIGINT, signal.SIGTERM:
        asyncio.get_running_loop().add_signal_handler(sig, stop.set)
    await asyncio.get_running_loop().run_in_executor(service.pool, guess, "")  # fails if the model cannot be loaded
    host, port = options.address.rsplit(":", 1)
    server = await asyncio.start_server(service.serve, host, int(port))
    print("listening on {}:{}".format(*server.sockets[0].getsockname()), flush=True)
    await stop.wait()
    server.close()
    await asyncio.gather(*service.requests, return_exceptions=True)
    service.pool.shutdown()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", default="127.0.0.1:8000")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--queue", type=int, default=64)
    parser.add_argument("--deadline", type=float, default=2)
    parser.add_argument("model")
    asyncio.run(main(parser.parse_args()))
