"""A walk-forward training by LightGBM as a person would write it: features in Parquet in, models and test figures out.

    python lightgbm_walk.py TASK

TASK is JSON: {"features", "columns", "horizonUs", "folds", "rounds", "leaves", "rate", "minRows", "threads", "out"}. The
label of a row is the log return to the last price within the horizon, where the data go on beyond it; the rows are cut
into folds + 1 blocks, and each but the first is predicted from the rows before it whose labels have ended. A model of all
rows is written to "out". Prints one line of JSON: rows, RMSE of all test rows.
"""

import json
import sys

import lightgbm
import numpy as np
import polars as pl

task = json.loads(sys.argv[1])
table = pl.read_parquet(task["features"], columns=list({"ts", "price", *task["columns"]}))
ts, price = table["ts"].to_numpy(), table["price"].to_numpy()
end = np.searchsorted(ts, ts + task["horizonUs"], side="right") - 1
known = ts + task["horizonUs"] <= ts[-1]
rows = np.flatnonzero(known)
x = table.select(pl.col(name).cast(pl.Float32) for name in task["columns"]).to_numpy()[rows]
y = np.log(price[end[rows]] / price[rows])
parameters = {
    "objective": "regression",
    "num_leaves": task["leaves"],
    "learning_rate": task["rate"],
    "min_data_in_leaf": task["minRows"],
    "num_threads": task["threads"],
    "seed": 1,
    "verbose": -1,
}


def train(chosen):
    data = lightgbm.Dataset(x[chosen], y[chosen])
    return lightgbm.train(parameters, data, num_boost_round=task["rounds"])


borders = [len(rows) * k // (task["folds"] + 1) for k in range(task["folds"] + 2)]
squares, tested = 0.0, 0
for start, stop in zip(borders[1:-1], borders[2:]):
    before = np.flatnonzero(end[rows[:start]] < rows[start])
    within = np.flatnonzero(end[rows[start:stop]] <= rows[stop - 1]) + start
    answers = train(before).predict(x[within])
    squares += float(np.sum((answers - y[within]) ** 2))
    tested += len(within)
train(np.arange(len(rows))).save_model(task["out"])
print(json.dumps({"rows": len(rows), "testRows": tested, "loss": (squares / tested) ** 0.5}))
