"""What the crawler crawls: the hosts a, b and c, each a server on loopback with ten pages."""

import asyncio
import contextlib

PAGES = 10


class Site:
    def __init__(self):
        self.urls = []  # of the hosts
        self.failed = set()  # the paths that have failed once

    async def answer(self, reader, writer):
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        if path == "/c/9":
            await reader.read()  # never answers
        status, body = self.page(path)
        writer.write(f"HTTP/1.0 {status}\r\n\r\n{body}".encode())
        writer.close()

    def page(self, path):
        host, n = "abc".index(path[1]), int(path[3:])
        if n >= PAGES:
            return 404, ""
        if n % 4 == 3 and path not in self.failed:
            self.failed.add(path)
            return 503, ""
        links = [(host, 2 * n + 1), (host, 2 * n + 2), ((host + 1) % 3, n)]
        return 200, "".join(f'<a href="{self.urls[h]}/{"abc"[h]}/{m}">\n' for h, m in links if m <= PAGES)


@contextlib.asynccontextmanager
async def serve():
    site = Site()
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(3):
            server = await stack.enter_async_context(await asyncio.start_server(site.answer, "127.0.0.1", 0))
            site.urls.append("http://127.0.0.1:{1}".format(*server.sockets[0].getsockname()))
        yield site.urls[0] + "/a/0"
