"""The peer of bench/stages/symbolic.js: Operon's symbolic regression on one core.

Standard input, a line of JSON a problem: {"train": file of f64, column after column, the target last, "fresh": the same,
"rows", "freshRows", "columns", "symbols", "seconds", "seed"}. Standard output, a line each: {"r2": on the fresh rows, "seconds"}.
"""

import json
import sys
import time

import numpy as np
from pyoperon.sklearn import SymbolicRegressor


def table(path, rows, columns):
    values = np.fromfile(path, dtype=np.float64).reshape(columns + 1, rows)
    return np.ascontiguousarray(values[:-1].T), values[-1]


def main():
    for line in sys.stdin:
        task = json.loads(line)
        x, y = table(task["train"], task["rows"], task["columns"])
        fresh, wanted = table(task["fresh"], task["freshRows"], task["columns"])
        model = SymbolicRegressor(
            allowed_symbols=task["symbols"],
            population_size=1000,
            max_length=50,
            optimizer_iterations=5,
            generations=10**6,
            max_evaluations=10**9,
            max_time=task["seconds"],
            n_threads=1,
            random_state=task["seed"],
        )
        start = time.perf_counter()
        model.fit(x, y)
        seconds = time.perf_counter() - start
        left = np.sum((wanted - np.nan_to_num(model.predict(fresh))) ** 2)
        r2 = 1 - left / np.sum((wanted - wanted.mean()) ** 2)
        print(json.dumps({"r2": float(r2), "seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
