"""What the peers of bench/stages/symbolic.js have in common: the questions they answer.

Standard input: a line of JSON, answered by an empty object; then one for each problem: {"train": file of f64, column
after column, the target last, "fresh": the same, "columns": without the target, "symbols", "seconds", "seed"}. Standard
output, a line of JSON each: {"r2": on the fresh rows, "seconds"}.
"""

import json
import sys
import time

import numpy as np


def table(path, columns):
    values = np.fromfile(path, dtype=np.float64).reshape(columns + 1, -1)
    return np.ascontiguousarray(values[:-1].T), values[-1]


def serve(fit):
    """`fit(task, x, y)` gives a model that has `predict(x)`."""
    sys.stdin.readline()
    print(json.dumps({}), flush=True)
    for line in sys.stdin:
        task = json.loads(line)
        x, y = table(task["train"], task["columns"])
        fresh, wanted = table(task["fresh"], task["columns"])
        start = time.perf_counter()
        model = fit(task, x, y)
        seconds = time.perf_counter() - start
        left = np.sum((wanted - np.nan_to_num(model.predict(fresh))) ** 2)
        r2 = 1 - left / np.sum((wanted - wanted.mean()) ** 2)
        print(json.dumps({"r2": float(r2), "seconds": seconds}), flush=True)
