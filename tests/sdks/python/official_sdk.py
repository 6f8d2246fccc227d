"""Runs the vendor's SDK against an emulator and prints the result as one JSON object.

Usage: official_sdk.py create REQUEST.json | follow REQUEST.json | describe TASK_ID
                       | list REQUEST.json | burst COUNT | cost REQUEST.json

Environment: EMULATOR (host and port), TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY.
"""

import json
import os
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tencentcloud.common import credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.mps.v20190612 import models, mps_client

# Fewer than the 50 calls a second that the service allows.
POLL_PAUSE_S = 0.03
# More than any test needs, so that a failing test ends.
MAX_POLLS = 1_000


def new_client():
    keys = credential.Credential(
        os.environ["TENCENTCLOUD_SECRET_ID"], os.environ["TENCENTCLOUD_SECRET_KEY"]
    )
    http = HttpProfile(protocol="http", endpoint=os.environ["EMULATOR"])
    return mps_client.MpsClient(keys, "", ClientProfile(httpProfile=http))


def read(request, request_file):
    request.from_json_string(Path(request_file).read_text(encoding="utf-8"))
    return request


def create(client, request_file):
    return client.CreateAigcVideoTask(read(models.CreateAigcVideoTaskRequest(), request_file))


def describe(client, task_id):
    request = models.DescribeAigcVideoTaskRequest()
    request.TaskId = task_id
    return client.DescribeAigcVideoTask(request)


def seen(response):
    return json.loads(response.to_json_string())


def follow(client, request_file):
    created = create(client, request_file)
    statuses = []
    for _ in range(MAX_POLLS):
        task = describe(client, created.TaskId)
        if task.Status not in statuses[-1:]:
            statuses.append(task.Status)
        if task.Status in ("DONE", "FAIL"):
            break
        time.sleep(POLL_PAUSE_S)
    return {
        "created": seen(created),
        "task": seen(task),
        "statuses": statuses,
        "results": [fetch(url) for url in task.VideoUrls or []],
    }


def fetch(url):
    with urllib.request.urlopen(url) as response:
        body = response.read()
    return {
        "content_type": response.headers["Content-Type"],
        "bytes": len(body),
        "box": body[4:8].decode("latin-1"),
    }


def list_tasks(client, request_file):
    created = client.CreateAiDramaTask(read(models.CreateAiDramaTaskRequest(), request_file))
    request = models.DescribeAigcTaskListRequest()
    request.PageNum, request.PageSize = 1, 10
    request.QueryTaskFilter = models.QueryTaskFilter()
    request.QueryTaskFilter.TaskType = "AIDrama"
    return {"created": seen(created), "listed": seen(client.DescribeAigcTaskList(request))}


def burst(client, count):
    """Sends a burst of creates; returns the codes of refusals, and null for each success."""
    request = models.CreateAigcVideoTaskRequest()
    request.Prompt = "a cat"

    def code(_):
        try:
            client.CreateAigcVideoTask(request)
            return None
        except TencentCloudSDKException as error:
            return error.get_code()

    with ThreadPoolExecutor(max_workers=int(count)) as pool:
        return {"codes": list(pool.map(code, range(int(count))))}


def cost(client, request_file):
    """Returns the processor time of a create in microseconds.

    The first calls, which fill caches, do not count.
    """
    calls = 1_000
    request = read(models.CreateAigcVideoTaskRequest(), request_file)

    def many():
        for _ in range(calls):
            client.CreateAigcVideoTask(request)

    many()
    before = time.process_time()
    many()
    return {"cpu_us": (time.process_time() - before) * 1e6 / calls}


VERBS = {
    "create": lambda client, request_file: seen(create(client, request_file)),
    "follow": follow,
    "describe": lambda client, task_id: seen(describe(client, task_id)),
    "list": list_tasks,
    "burst": burst,
    "cost": cost,
}


def main(verb, argument):
    try:
        return VERBS[verb](new_client(), argument)
    except TencentCloudSDKException as error:
        return {
            "code": error.get_code(),
            "message": error.get_message(),
            "request_id": error.get_request_id(),
        }


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
