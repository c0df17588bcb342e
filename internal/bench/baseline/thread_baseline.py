"""Baseline of thread pools: one JSON line a row, {"row", "value", "unit", "peer"}.

    python3 thread_baseline.py          # concurrent.futures.ThreadPoolExecutor, two workers

Best of three rounds.
"""
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

QUICK = "BENCH_QUICK" in os.environ
ROUNDS = 1 if QUICK else 3
PEER = "ThreadPoolExecutor-%d.%d" % sys.version_info[:2]


def square(i):
    return i * i


def row(name, n, fn):
    best = None
    for _ in range(ROUNDS):
        start = time.perf_counter()
        fn(n)
        spent = time.perf_counter() - start
        best = spent if best is None else min(best, spent)
    print(json.dumps({"row": name, "ns_per_op": best / n * 1e9, "n": n, "peer": PEER}), flush=True)


with ThreadPoolExecutor(2) as pool:
    def one(n):
        for _ in range(n):
            pool.submit(square, 3).result()

    def burst(n):
        for f in [pool.submit(square, i) for i in range(n)]:
            f.result()

    row("thread_submit_await", 1000 if QUICK else 10_000, one)
    row("thread_burst_10k", 1000 if QUICK else 10_000, burst)
