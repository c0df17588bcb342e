"""A crawler: workers that take pages from a queue, with a limit for each host, retries, and a report.

    python3 main.py [--workers N] [--per-host N] [--tries N] [--backoff SECONDS] [--timeout SECONDS]

It crawls hosts of its own on loopback (pages.py): some pages fail the first time, some are missing, one never answers.
Ctrl-C cancels the workers, and the report says what they did not get to.
"""

import argparse
import asyncio
import re
import sys
from collections import Counter, defaultdict
from urllib.parse import urlsplit

import pages


async def get(host, path):
    reader, writer = await asyncio.open_connection(*host.split(":"))
    try:
        writer.write(f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
        return int(head.split()[1]), body
    finally:
        writer.close()


class Crawler:
    def __init__(self, options):
        self.options = options
        self.todo = asyncio.Queue()
        self.outcomes = {}  # of the pages that are known
        self.hosts = defaultdict(lambda: asyncio.Semaphore(options.per_host))
        self.retries = 0

    def add(self, url):
        if url not in self.outcomes:
            self.outcomes[url] = "not done"
            self.todo.put_nowait(url)

    async def worker(self):
        while True:
            url = await self.todo.get()
            _, host, path, *_ = urlsplit(url)
            outcome, body = await self.fetch(host, path)
            self.outcomes[url] = outcome
            print(path, outcome, flush=True)
            for link in re.findall('href="([^"]+)"', body):
                self.add(link)
            self.todo.task_done()

    async def fetch(self, host, path):
        for attempt in range(self.options.tries):
            if attempt > 0:
                self.retries += 1
                await asyncio.sleep(self.options.backoff * 2 ** (attempt - 1))
            try:
                async with self.hosts[host], asyncio.timeout(self.options.timeout):
                    status, body = await get(host, path)
            except OSError:  # which a TimeoutError is
                continue
            if status < 500:
                return str(status), body
        return "gave up", ""

    def report(self):
        print(len(self.outcomes), "pages,", self.retries, "retries")
        for outcome, number in sorted(Counter(self.outcomes.values()).items()):
            print(f"{number:4} {outcome}")

    async def crawl(self, first):
        self.add(first)
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(self.worker()) for _ in range(self.options.workers)]
            await self.todo.join()
            for worker in workers:
                worker.cancel()


async def main(options):
    crawler = Crawler(options)
    async with pages.serve() as first:
        try:
            await crawler.crawl(first)
        finally:
            crawler.report()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--per-host", type=int, default=2)
    parser.add_argument("--tries", type=int, default=3)
    parser.add_argument("--backoff", type=float, default=0.05)
    parser.add_argument("--timeout", type=float, default=1)
    try:
        asyncio.run(main(parser.parse_args()))
    except KeyboardInterrupt:
        sys.exit(130)
