"""Fetch URLs: so many requests a second, and so many at the same time.

    python3 main.py [--rate N] [--at-once N] URL…

Prints status, size and URL, in the order of the list.
"""
import argparse
import asyncio
import time
import urllib.error
import urllib.request


class Limiter:
    def __init__(self, rate):
        self.interval = 1 / rate
        self.next = time.monotonic()

    async def wait(self):
        now = time.monotonic()
        at = max(now, self.next)
        self.next = at + self.interval
        await asyncio.sleep(at - now)


def get(url):
    try:
        with urllib.request.urlopen(url) as response:
            return response.status, len(response.read())
    except urllib.error.HTTPError as error:
        return error.code, len(error.read())


async def fetch(url, limiter, slots):
    async with slots:
        await limiter.wait()
        return await asyncio.to_thread(get, url)


async def main(urls, rate, at_once):
    limiter, slots = Limiter(rate), asyncio.Semaphore(at_once)
    pages = await asyncio.gather(*(fetch(url, limiter, slots) for url in urls))
    for url, (status, size) in zip(urls, pages):
        print(status, size, url)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, default=10)
    parser.add_argument("--at-once", type=int, default=3)
    parser.add_argument("urls", nargs="*")
    options = parser.parse_args()
    asyncio.run(main(options.urls, options.rate, options.at_once))
