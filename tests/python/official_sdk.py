"""Drives the vendor's own SDK against an emulator and prints what it saw as one JSON object.

Usage: official_sdk.py create REQUEST.json | follow REQUEST.json | describe TASK_ID

The environment says where and as whom: EMULATOR (host and port), TENCENTCLOUD_SECRET_ID and
TENCENTCLOUD_SECRET_KEY.
"""

import json
import os
import sys
import time
import urllib.request
from pathlib import Path

from tencentcloud.common import credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.mps.v20190612 import models, mps_client

# Fewer than the 50 calls a second that the service allows.
POLL_PAUSE_S = 0.03
# Far more than any test needs, so that one that goes wrong ends.
MOST_POLLS = 1_000


def new_client():
    keys = credential.Credential(
        os.environ["TENCENTCLOUD_SECRET_ID"], os.environ["TENCENTCLOUD_SECRET_KEY"]
    )
    http = HttpProfile(protocol="http", endpoint=os.environ["EMULATOR"])
    return mps_client.MpsClient(keys, "", ClientProfile(httpProfile=http))


def create(client, request_file):
    request = models.CreateAigcVideoTaskRequest()
    request.from_json_string(Path(request_file).read_text(encoding="utf-8"))
    return client.CreateAigcVideoTask(request)


def describe(client, task_id):
    request = models.DescribeAigcVideoTaskRequest()
    request.TaskId = task_id
    return client.DescribeAigcVideoTask(request)


def seen(response):
    return json.loads(response.to_json_string())


def follow(client, request_file):
    created = create(client, request_file)
    statuses = []
    for _ in range(MOST_POLLS):
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


VERBS = {
    "create": lambda client, request_file: seen(create(client, request_file)),
    "follow": follow,
    "describe": lambda client, task_id: seen(describe(client, task_id)),
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
