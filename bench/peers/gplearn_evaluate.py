"""The peer of bench/kernels/evaluate.js: gplearn's own programs as its regressor runs them, on f64 rows.

Standard input: a line of JSON {"columns": file of f32, column after column, "rows", "names", "formulas"}, the formulas
with every parenthesis; then a line "run" for each measurement. Standard output: a line "ready", then for each run the
seconds of processor time, and after a line "values" the sum of each formula's finite values of magnitude below 1e6,
as JSON.
"""

import json
import re
import sys
import time

import numpy as np
from gplearn._program import _Program
from gplearn.functions import _function_map

FUNCTIONS = {sign: _function_map[name] for sign, name in (("+", "add"), ("-", "sub"), ("*", "mul"), ("/", "div"))}


def prefix(tokens, places):
    """The nodes of the next formula of an infix text, functions before their operands."""
    token = next(tokens)
    if token != "(":
        return [places[token]]
    left = prefix(tokens, places)
    function = FUNCTIONS[next(tokens)]
    right = prefix(tokens, places)
    next(tokens)
    return [function, *left, *right]


def program(text, names):
    places = {name: i for i, name in enumerate(names)}
    nodes = prefix(iter(re.findall(r"[()]|[-+*/]|\w+", text)), places)
    return _Program(
        function_set=list(FUNCTIONS.values()),
        arities={2: list(FUNCTIONS.values())},
        init_depth=(2, 6),
        init_method="half and half",
        n_features=len(names),
        const_range=None,
        metric=None,
        p_point_replace=0.05,
        parsimony_coefficient=0.001,
        random_state=None,
        program=nodes,
    )


def main():
    task = json.loads(sys.stdin.readline())
    columns = np.fromfile(task["columns"], dtype=np.float32).reshape(len(task["names"]), task["rows"])
    rows = np.ascontiguousarray(columns.T.astype(np.float64))
    programs = [program(text, task["names"]) for text in task["formulas"]]
    print("ready", sum(len(p.program) for p in programs), flush=True)
    for line in sys.stdin:
        if line.strip() == "run":
            start = time.process_time()
            for p in programs:
                p.execute(rows)
            print(time.process_time() - start, flush=True)
        else:
            sums = []
            for p in programs:
                values = p.execute(rows)
                sums.append(float(values[np.abs(values) < 1e6].sum()))
            print(json.dumps(sums), flush=True)


if __name__ == "__main__":
    main()
