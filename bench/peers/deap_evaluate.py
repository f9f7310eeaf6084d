"""DEAP's trees compiled to Python functions of whole numpy columns, f32; see evaluation.py."""

import numpy as np
from deap import gp
from evaluation import prefix, serve

FUNCTIONS = {"+": (np.add, "add"), "-": (np.subtract, "sub"), "*": (np.multiply, "mul"), "/": (np.divide, "div")}


def start(task, columns):
    primitives = gp.PrimitiveSet("formula", len(task["names"]))
    for function, name in FUNCTIONS.values():
        primitives.addPrimitive(function, 2, name=name)
    primitives.renameArguments(**{f"ARG{i}": name for i, name in enumerate(task["names"])})
    node = lambda word: primitives.mapping[FUNCTIONS[word][1] if word in FUNCTIONS else word]
    trees = [gp.PrimitiveTree([node(word) for word in prefix(text)]) for text in task["formulas"]]
    functions = [gp.compile(tree, primitives) for tree in trees]

    def run():
        for function in functions:
            function(*columns)

    return run, lambda: (function(*columns) for function in functions)


np.seterr(all="ignore")
serve(start)
