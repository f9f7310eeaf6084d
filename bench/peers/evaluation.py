"""What the peers of bench/kernels/evaluate.js have in common: the questions they answer.

Standard input: a line of JSON {"columns": file of f32, column after column, "rows", "names", "formulas"}, the formulas
with every parenthesis; then lines "run" and "values". Standard output, a line of JSON each: an empty object when ready,
the seconds of processor time of a run, the sum of each formula's values of magnitude below 1e6.
"""

import json
import re
import sys
import time

import numpy as np


def prefix(text):
    """The words of a formula with every parenthesis, each sign before its operands."""

    def words(tokens):
        token = next(tokens)
        if token != "(":
            return [token]
        left = words(tokens)
        sign = next(tokens)
        right = words(tokens)
        next(tokens)
        return [sign, *left, *right]

    return words(iter(re.findall(r"[()]|[-+*/]|\w+", text)))


def total(values):
    return float(values[np.abs(values) < 1e6].sum(dtype=np.float64))


def serve(start):
    """`start(task, columns)` gives what is timed, and what yields the values of each formula."""
    task = json.loads(sys.stdin.readline())
    columns = np.fromfile(task["columns"], dtype=np.float32).reshape(len(task["names"]), task["rows"])
    run, values = start(task, columns)
    print(json.dumps({}), flush=True)
    for line in sys.stdin:
        if line.strip() == "run":
            begin = time.process_time()
            run()
            answer = time.process_time() - begin
        else:
            answer = [total(one) for one in values()]
        print(json.dumps(answer), flush=True)
