"""gplearn's own programs as its regressor runs them, on f64 rows; see evaluation.py."""

import numpy as np
from evaluation import prefix, serve
from gplearn._program import _Program
from gplearn.functions import _function_map

FUNCTIONS = {sign: _function_map[name] for sign, name in (("+", "add"), ("-", "sub"), ("*", "mul"), ("/", "div"))}


def program(text, names):
    places = {name: i for i, name in enumerate(names)}
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
        program=[FUNCTIONS.get(word, places.get(word)) for word in prefix(text)],
    )


def start(task, columns):
    rows = np.ascontiguousarray(columns.T.astype(np.float64))
    programs = [program(text, task["names"]) for text in task["formulas"]]

    def run():
        for one in programs:
            one.execute(rows)

    return run, lambda: (one.execute(rows) for one in programs)


serve(start)
