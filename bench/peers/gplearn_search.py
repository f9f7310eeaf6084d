"""gplearn's symbolic regression on one core for so many seconds; see regression.py."""

import time
import warnings

import numpy as np
from gplearn.functions import make_function
from gplearn.genetic import SymbolicRegressor
from regression import serve


def protected_exp(x):
    with np.errstate(over="ignore"):
        return np.where(x < 100, np.exp(np.minimum(x, 100)), 0.0)


OWN = {
    "exp": make_function(function=protected_exp, name="exp", arity=1),
    "square": make_function(function=np.square, name="square", arity=1),
}


def fit(task, x, y):
    """It ends after generations, not after a time: one more generation each time, until the time is over."""
    model = SymbolicRegressor(
        population_size=1000,
        generations=1,
        function_set=[OWN.get(name, name) for name in task["symbols"]],
        warm_start=True,
        low_memory=True,
        n_jobs=1,
        random_state=task["seed"],
    )
    end = time.perf_counter() + task["seconds"]
    model.fit(x, y)
    while time.perf_counter() < end:
        model.set_params(generations=model.generations + 1)
        model.fit(x, y)
    return model


warnings.simplefilter("ignore")
np.seterr(all="ignore")
serve(fit)
