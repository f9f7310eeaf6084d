"""The peer of bench/kernels/bars.js: minute bars of trades in memory, by Polars on one thread.

Standard input: a line of JSON with the files of "ts" (i64, µs), "price" and "qty" (f64); then a line for each
measurement. Standard output: an empty object when ready, then for each run {"seconds": processor time, "bars", "closes":
their sum}.
"""

import json
import sys
import time

import numpy as np
import polars as pl

files = json.loads(sys.stdin.readline())
types = {"ts": np.int64, "price": np.float64, "qty": np.float64}
trades = pl.DataFrame({name: np.fromfile(files[name], dtype=kind) for name, kind in types.items()})


def bars():
    price, qty = pl.col("price"), pl.col("qty")
    return (
        trades.lazy()
        .group_by((pl.col("ts") // 60_000_000).alias("minute"), maintain_order=True)
        .agg(
            price.first().alias("open"),
            price.max().alias("high"),
            price.min().alias("low"),
            price.last().alias("close"),
            qty.sum().alias("volume"),
            ((price * qty).sum() / qty.sum()).alias("vwap"),
        )
        .collect()
    )


print(json.dumps({}), flush=True)
for line in sys.stdin:
    start = time.process_time()
    table = bars()
    seconds = time.process_time() - start
    print(json.dumps({"seconds": seconds, "bars": table.height, "closes": table["close"].sum()}), flush=True)
