"""Operon's EvaluateTrees on one thread, f32; see evaluation.py."""

import numpy as np
import pyoperon as operon
from evaluation import serve


def start(task, columns):
    dataset = operon.Dataset(np.asfortranarray(columns.T))
    hashes = {name: variable.Hash for name, variable in zip(task["names"], dataset.Variables)}
    trees = [operon.InfixParser.Parse(text, hashes) for text in task["formulas"]]
    whole = operon.Range(0, task["rows"])
    values = np.zeros((task["rows"], len(trees)), dtype=np.float32, order="F")

    def run():
        operon.EvaluateTrees(trees, dataset, whole, values, 1)

    def answers():
        run()
        return values.T

    return run, answers


serve(start)
