"""The peers of bench/kernels/scan.js: a CSV of trades read into typed columns, on one thread.

Standard input: a line of JSON {"file"}; then "polars" or "duckdb" for each measurement. Standard output: {"rows"} when
ready, then for each run {"seconds": processor time, "rows", "remainders": the sum of
the stamps modulo a prime}.
"""

import json
import sys
import time

import duckdb
import polars as pl

file = json.loads(sys.stdin.readline())["file"]
# A sum of stamps leaves 64 bits.
prime = 1_000_003
connection = duckdb.connect(config={"threads": 1})
columns = {"ts": pl.Int64, "price": pl.Float64, "qty": pl.Float64}


def by_polars() -> tuple[int, int]:
    table = pl.scan_csv(file).select(*columns).collect()
    return table.height, int((table["ts"] % prime).sum())


def by_duckdb() -> tuple[int, int]:
    connection.execute("CREATE OR REPLACE TEMP TABLE trades AS SELECT ts, price, qty FROM read_csv($1)", [file])
    return connection.execute("SELECT count(*), sum(ts % $1)::BIGINT FROM trades", [prime]).fetchone()


readers = {"polars": by_polars, "duckdb": by_duckdb}
print(json.dumps({"polars": pl.__version__, "duckdb": duckdb.__version__}), flush=True)
for line in sys.stdin:
    start = time.process_time()
    rows, remainders = readers[line.strip()]()
    print(json.dumps({"seconds": time.process_time() - start, "rows": rows, "remainders": remainders}), flush=True)
