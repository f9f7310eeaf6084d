"""The peer of bench/kernels/evaluate.js: Operon's EvaluateTrees on one thread.

Standard input: a line of JSON {"columns": file of f32, column after column, "rows", "names", "formulas"};
then a line "run" for each measurement. Standard output: a line "ready", then for each run the seconds of processor time, and
after a line "values" the sum of each formula's finite values of magnitude below 1e6, as JSON.
"""

import json
import sys
import time

import numpy as np
import pyoperon as operon


def main():
    task = json.loads(sys.stdin.readline())
    columns = np.fromfile(task["columns"], dtype=np.float32).reshape(len(task["names"]), task["rows"])
    dataset = operon.Dataset(np.asfortranarray(columns.T))
    hashes = {name: variable.Hash for name, variable in zip(task["names"], dataset.Variables)}
    trees = [operon.InfixParser.Parse(text, hashes) for text in task["formulas"]]
    whole = operon.Range(0, task["rows"])
    values = np.zeros((task["rows"], len(trees)), dtype=np.float32, order="F")
    print("ready", sum(tree.Length for tree in trees), flush=True)
    for line in sys.stdin:
        if line.strip() == "run":
            start = time.process_time()
            operon.EvaluateTrees(trees, dataset, whole, values, 1)
            print(time.process_time() - start, flush=True)
        else:
            kept = np.where(np.abs(values) < 1e6, values, 0).astype(np.float64)
            print(json.dumps(kept.sum(axis=0).tolist()), flush=True)


if __name__ == "__main__":
    main()
