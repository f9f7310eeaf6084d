"""CSV of trades -> minute bars, six bar indicators, as-of join, one 60-second sum -> Parquet of 12 columns, by Polars.

    python polars_prepare.py TRADES.csv [DEPTH.csv | -] OUT.parquet

What a person would write with Polars for a part of what `hybrid prepare` computes; POLARS_MAX_THREADS sets the
threads. Prints one line of JSON: rows, seconds (imports not counted) and peak memory.
"""

import json
import resource
import sys
import time

import polars as pl

MINUTE = 60_000_000


def bars(trades: pl.LazyFrame) -> pl.LazyFrame:
    """Minute bars and six indicators on their closes, stamped with the moment at which they are known."""
    close = pl.col("close")
    gain = close.diff().clip(lower_bound=0)
    loss = (-close.diff()).clip(lower_bound=0)
    mean = lambda x: x.ewm_mean(alpha=1 / 7, adjust=False)
    return (
        trades.with_columns((pl.col("ts") // MINUTE).alias("minute"), (pl.col("price") * pl.col("qty")).alias("pq"))
        .group_by("minute", maintain_order=True)
        .agg(pl.col("price").last().alias("close"), pl.col("qty").sum().alias("v"), pl.col("pq").sum())
        .with_columns(
            close.ewm_mean(span=9, adjust=False).alias("ema9"),
            close.ewm_mean(span=21, adjust=False).alias("ema21"),
            (pl.col("pq").cum_sum() / pl.col("v").cum_sum()).alias("vwap"),
            (100 * mean(gain) / (mean(gain) + mean(loss))).alias("rsi7"),
            close.rolling_mean(20).alias("bb_mid"),
            close.rolling_std(20, ddof=0).alias("bb_sigma"),
            ((pl.col("minute") + 1) * MINUTE).alias("known"),
        )
        .select("known", "close", "ema9", "ema21", "vwap", "rsi7", "bb_mid", "bb_sigma")
    )


def features(path: str, depth: str) -> pl.LazyFrame:
    trades = pl.scan_csv(path).select("ts", "price", "qty", "side").sort("ts", maintain_order=True)
    table = trades.with_columns(
        (pl.col("qty") * pl.col("side")).rolling_sum_by("ts", window_size="60000000i").alias("flow_60s")
    ).join_asof(bars(trades), left_on="ts", right_on="known", strategy="backward")
    if depth == "-":
        return table.drop("known")
    best = lambda name: pl.col(name).str.strip_chars("{}").str.split(",").list.first().cast(pl.Float64)
    books = pl.scan_csv(depth).select("ts", best("bid_px").alias("bid")).sort("ts", maintain_order=True)
    return table.drop("known", "side").join_asof(books, on="ts", strategy="backward", allow_exact_matches=False)


def main() -> None:
    path, depth, out = sys.argv[1:]
    start = time.perf_counter()
    table = features(path, depth).collect()
    table.write_parquet(out, compression="lz4")
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"rows": table.height, "columns": table.width, "seconds": seconds, "peakRssBytes": peak}))


main()
