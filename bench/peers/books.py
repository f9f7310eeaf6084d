"""The peer of bench/kernels/books.js: best prices and imbalances of a CSV of books, by Polars on one thread.

Standard input: a line of JSON {"file", "levels"}; then a line for each measurement. Standard output: an empty object when
ready, then for each run {"seconds": processor time, "snapshots", and the sum of each feature}.
"""

import json
import sys
import time

import polars as pl

task = json.loads(sys.stdin.readline())


def numbers(name):
    return pl.col(name).str.strip_chars("{}").str.split(",").cast(pl.List(pl.Float64))


def imbalance(bid, ask):
    return (bid - ask) / (bid + ask)


def features():
    total = lambda name: pl.col(name).list.head(task["levels"]).list.sum()
    first = lambda name: pl.col(name).list.first()
    return (
        pl.scan_csv(task["file"])
        .unique("ts", keep="last", maintain_order=True)
        .select(*(numbers(name) for name in ("bid_px", "bid_qty", "ask_px", "ask_qty")))
        .select(
            first("bid_px").alias("bid"),
            first("ask_px").alias("ask"),
            imbalance(total("bid_qty"), total("ask_qty")).alias("obi"),
            imbalance(first("bid_qty"), first("ask_qty")).alias("obi1"),
        )
        .collect()
    )


print(json.dumps({}), flush=True)
for line in sys.stdin:
    start = time.process_time()
    table = features()
    seconds = time.process_time() - start
    sums = table.sum().row(0, named=True)
    print(json.dumps({"seconds": seconds, "snapshots": table.height, **sums}), flush=True)
