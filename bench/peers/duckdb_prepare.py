"""CSV of trades -> minute bars, moving averages, as-of join, one 60-second sum -> Parquet, by DuckDB.

    python duckdb_prepare.py TRADES.csv [DEPTH.csv | -] OUT.parquet

What a person would write in SQL for a part of what `hybrid prepare` computes; the recursive indicators (EMA, RSI) have
no form in SQL that ends in time and are left out. DUCKDB_THREADS sets the threads. Prints one line of JSON: rows,
columns, seconds (imports not counted) and peak memory.
"""

import json
import os
import resource
import sys
import time

import duckdb

BARS = """
CREATE TEMP TABLE bars AS
SELECT minute, close, v, (minute + 1) * 60000000 AS known,
       sum(pq) OVER (ORDER BY minute) / sum(v) OVER (ORDER BY minute) AS vwap,
       avg(close) OVER (ORDER BY minute ROWS 19 PRECEDING) AS bb_mid,
       stddev_pop(close) OVER (ORDER BY minute ROWS 19 PRECEDING) AS bb_sigma
FROM (SELECT ts // 60000000 AS minute, last(price) AS close, sum(qty) AS v, sum(price * qty) AS pq
      FROM trades GROUP BY ALL)
"""

FEATURES = """
SELECT t.*, b.close, b.vwap, b.bb_mid, b.bb_sigma
FROM (SELECT ts, price, qty, side,
             sum(qty * side) OVER (ORDER BY ts RANGE BETWEEN 59999999 PRECEDING AND CURRENT ROW) AS flow_60s
      FROM trades) AS t ASOF LEFT JOIN bars AS b ON t.ts >= b.known
"""


def main() -> None:
    path, depth, out = sys.argv[1:]
    connection = duckdb.connect(config={"threads": int(os.environ.get("DUCKDB_THREADS", "2"))})
    start = time.perf_counter()
    connection.execute("CREATE TEMP TABLE trades AS SELECT ts, price, qty, side FROM read_csv($1)", [path])
    connection.execute(BARS)
    query = FEATURES
    if depth != "-":
        connection.execute(
            "CREATE TEMP TABLE books AS SELECT ts, split_part(trim(bid_px, '{}'), ',', 1)::DOUBLE AS bid FROM read_csv($1)",
            [depth],
        )
        query = f"SELECT f.*, k.bid FROM ({FEATURES}) AS f ASOF LEFT JOIN books AS k ON f.ts > k.ts"
    connection.execute(f"COPY ({query}) TO '{out}' (FORMAT parquet, COMPRESSION lz4)")
    seconds = time.perf_counter() - start
    rows, columns = connection.execute(f"SELECT count(*) FROM '{out}'").fetchone()[0], len(
        connection.execute(f"DESCRIBE SELECT * FROM '{out}'").fetchall()
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"rows": rows, "columns": columns, "seconds": seconds, "peakRssBytes": peak}))


main()
