"""Calls the function that closes hours as its schedule does: an event rule of the implementation may not."""

import json
import sys

from aws import clients

endpoint, region, task = sys.argv[1:]
functions = clients(endpoint, region)("lambda")
names = [one["FunctionName"] for one in functions.list_functions()["Functions"]]
(name,) = [name for name in names if name.endswith("-stream-aggregator")]
answer = functions.invoke(FunctionName=name, Payload=json.dumps({"task": task}))
if "FunctionError" in answer:
    sys.exit(answer["Payload"].read().decode())
