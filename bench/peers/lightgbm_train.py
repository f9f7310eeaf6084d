"""Trains LightGBM as a JSON description in its argument says and prints what it took as one line of JSON.

The columns are f32 and the target f64, column by column, in files beside each other."""
import json
import resource
import sys
import time

import lightgbm
import numpy

task = json.loads(sys.argv[1])
rows, columns, train = task["rows"], task["columns"], task["train"]
# By column in the file, and handed over by row: the layout that LightGBM reads fastest.
x = numpy.fromfile(task["x"], dtype=numpy.float32).reshape(columns, rows).T.copy()
y = numpy.fromfile(task["y"], dtype=numpy.float64)
options = task["options"]
objective = {"l2": "regression", "binary": "binary", "multiclass": "multiclass"}[options["loss"]]
parameters = {
    "objective": objective,
    "num_leaves": options["leaves"],
    "learning_rate": options["rate"],
    "min_data_in_leaf": options["minRows"],
    "max_bin": 255,
    "num_threads": task["threads"],
    "seed": 1,
    "verbose": -1,
}
if objective == "multiclass":
    parameters["num_class"] = options["classes"]

start, cpu = time.perf_counter(), time.process_time()
data = lightgbm.Dataset(x[:train], y[:train], params=parameters, free_raw_data=True).construct()
binned = time.perf_counter()
booster = lightgbm.train(parameters, data, num_boost_round=options["rounds"])
trained, trained_cpu = time.perf_counter(), time.process_time()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
if train < rows:
    booster.predict(x[train:]).astype(numpy.float64).tofile(task["answers"])
result = {
    "binSeconds": binned - start,
    "trainSeconds": trained - binned,
    "trainingCpu": trained_cpu - cpu,
    "peakBytes": peak,
}
print(json.dumps(result))
