"""Machine clients of SensorFlow: each user is one equipment that writes readings and now and then reads.

Where to go and as whom: the stack that `npm run local` runs on this machine, unless a `local.json` is named
(--sensorflow-json), or --host and the environment variables SENSORFLOW_TOKEN_URL, SENSORFLOW_CLIENT_ID,
SENSORFLOW_CLIENT_SECRET, SENSORFLOW_SCOPE.
Exits with 1 when more requests failed, or the 99th percentile was longer, than the gates allow.
"""

import itertools
import json
import os
import random
import resource
import sys
import time
import uuid
from datetime import datetime, timezone

import gevent.lock
import requests
from locust import FastHttpUser, between, events, task
from locust.runners import MasterRunner, WorkerRunner

# Locust looks for the file alone, not for what lies beside it.
sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from local_stack import NoStack, read_stack, running_stack

BATCH_SIZE = 25
RENEW_BEFORE_END_SECONDS = 60
# A user has one connection; the rest is for locust itself.
SPARE_FILES = 200
ACCESS = [f"SENSORFLOW_{name}" for name in ("TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET", "SCOPE")]

equipment_numbers = itertools.count(1)
# No two processes, and no two runs, write to the same equipment.
RUN = uuid.uuid4().hex[:8]


class MachineToken:
    """An access token of the client-credentials grant, fetched once by each process and renewed in time."""

    def __init__(self, token_url, client_id, client_secret, scope):
        self.token_url = token_url
        self.credentials = (client_id, client_secret)
        self.form = {"grant_type": "client_credentials", "scope": scope}
        self.header = None
        self.renew_at = 0.0
        self.lock = gevent.lock.Semaphore()

    def authorization(self):
        if time.monotonic() >= self.renew_at:
            with self.lock:
                if time.monotonic() >= self.renew_at:
                    self._fetch()
        return self.header

    def _fetch(self):
        answer = requests.post(self.token_url, data=self.form, auth=self.credentials, timeout=10)
        answer.raise_for_status()
        token = answer.json()
        self.header = f"Bearer {token['access_token']}"
        self.renew_at = time.monotonic() + max(1, token["expires_in"] - RENEW_BEFORE_END_SECONDS)


@events.init_command_line_parser.add_listener
def add_arguments(parser):
    parser.add_argument(
        "--sensorflow-json",
        env_var="SENSORFLOW_JSON",
        default="",
        help="what `npm run local` writes: .sensorflow/local.json",
    )
    parser.add_argument(
        "--max-fail-ratio",
        type=float,
        env_var="SENSORFLOW_MAX_FAIL_RATIO",
        default=0.0,
        help="gate: share of failed requests, 0 to 1",
    )
    parser.add_argument(
        "--max-p99-ms",
        type=float,
        env_var="SENSORFLOW_MAX_P99_MS",
        default=1000.0,
        help="gate: 99th percentile of all response times",
    )


def access_of(environment):
    """The address of an API, and what a MachineToken takes."""
    file = environment.parsed_options.sensorflow_json
    if file:
        return read_stack(file)
    parts = [os.environ.get(name) for name in ACCESS]
    if environment.host or any(parts):
        return None, parts
    return running_stack()


@events.init.add_listener
def prepare(environment, **_kwargs):
    try:
        host, parts = access_of(environment)
    except NoStack as error:
        raise SystemExit(str(error)) from None
    environment.host = environment.host or host
    if None in parts or not environment.host:
        raise SystemExit(f"--host, {', '.join(ACCESS)} are given together.")
    environment.machine_token = MachineToken(*parts)


@events.test_start.add_listener
def begin(environment, **_kwargs):
    """Fetches the token before the first user needs it, and sees that there are sockets enough."""
    if isinstance(environment.runner, MasterRunner):
        return
    environment.machine_token.authorization()
    open_files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    users = environment.parsed_options.num_users or 0
    # A worker does not know how many of the users it gets: it says so when it runs out.
    if not isinstance(environment.runner, WorkerRunner) and users + SPARE_FILES > open_files:
        raise SystemExit(f"{users} users need `ulimit -n {users + SPARE_FILES}`; it is {open_files}.")


@events.quitting.add_listener
def judge(environment, **_kwargs):
    if isinstance(environment.runner, WorkerRunner):
        return
    options, total = environment.parsed_options, environment.stats.total
    p99_ms = total.get_response_time_percentile(0.99) or 0
    faults = []
    if total.num_requests == 0:
        faults.append("no request was answered")
    if total.fail_ratio > options.max_fail_ratio:
        faults.append(f"{total.fail_ratio:.2%} failed, {options.max_fail_ratio:.2%} may")
    if p99_ms > options.max_p99_ms:
        faults.append(f"p99 is {p99_ms:.0f} ms, {options.max_p99_ms:.0f} ms is the most")
    for fault in faults:
        print(f"GATE: {fault}")
    environment.process_exit_code = 1 if faults else 0


def problem_code(answer):
    """The stable code of a problem document, or what kept the answer from coming."""
    try:
        return json.loads(answer.text)["code"]
    except (TypeError, ValueError, KeyError):
        return type(answer.error).__name__ if answer.error else "without a code"


class Equipment(FastHttpUser):
    """Waits 1 to 3 s after each answer: 500 users offer up to 250 requests a second."""

    wait_time = between(1, 3)

    def on_start(self):
        self.equipment_id = f"LOCUST-{RUN}-{next(equipment_numbers)}"

    def reading(self):
        # Nanoseconds tell the readings of one batch apart.
        now_ns = time.time_ns()
        instant = datetime.fromtimestamp(now_ns // 1_000_000_000, timezone.utc)
        return {
            "equipmentId": self.equipment_id,
            "timestamp": f"{instant:%Y-%m-%dT%H:%M:%S}.{now_ns % 1_000_000_000:09}Z",
            "value": round(random.gauss(75, 5), 3),
        }

    def call(self, method, path, name, expected, body=None):
        headers = {"authorization": self.environment.machine_token.authorization()}
        with self.client.request(
            method, path, name=name, json=body, headers=headers, catch_response=True
        ) as answer:
            if answer.status_code in expected:
                answer.success()
            else:
                answer.failure(f"{answer.status_code} {problem_code(answer)}")

    @task(17)
    def write_one(self):
        self.call("POST", "/sensor-data", "POST /sensor-data", (201,), self.reading())

    @task(1)
    def write_batch(self):
        readings = [self.reading() for _ in range(BATCH_SIZE)]
        self.call("POST", "/sensor-data/batch", "POST /sensor-data/batch", (201,), readings)

    @task(1)
    def read_latest(self):
        # 404: this equipment has not written yet.
        path = f"/sensor-data/{self.equipment_id}/latest"
        self.call("GET", path, "GET /sensor-data/{equipmentId}/latest", (200, 404))

    @task(1)
    def read_range(self):
        path = f"/sensor-data/{self.equipment_id}?limit=100&order=desc"
        self.call("GET", path, "GET /sensor-data/{equipmentId}", (200,))
