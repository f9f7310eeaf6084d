"""Operon's symbolic regression on one core for so many seconds; see regression.py."""

from pyoperon.sklearn import SymbolicRegressor
from regression import serve


def fit(task, x, y):
    model = SymbolicRegressor(
        allowed_symbols=",".join([*task["symbols"], "constant", "variable"]),
        population_size=1000,
        max_length=50,
        optimizer_iterations=5,
        generations=10**6,
        max_evaluations=10**9,
        max_time=task["seconds"],
        n_threads=1,
        random_state=task["seed"],
    )
    return model.fit(x, y)


serve(fit)
