"""Reads Parquet files by every reader there is; for each a line: how many agree with the first, cell by cell."""

import sys

import duckdb
import polars as pl
import pyarrow.parquet as pq

for path in sys.argv[1:]:
    tables = [
        pl.read_parquet(path),
        pl.from_arrow(pq.read_table(path)),
        duckdb.sql(f"select * from read_parquet('{path}')").pl(),
    ]
    print(sum(tables[0].equals(table) for table in tables), tables[0].height, tables[0].width)
