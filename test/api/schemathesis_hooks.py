"""Proves to the server who asks: tasks are signed over the bytes that are sent, all else has the API key."""

import ast
import hashlib
import hmac
import os
import threading

import schemathesis
from requests.auth import AuthBase

SECRET = os.environ["API_TEST_SECRET"].encode()
API_KEY = os.environ["API_TEST_KEY"]

# Before Python 3.11.8, parsing in two threads at once fails now and then (python/cpython#106905).
PARSING = threading.RLock()
parse_in_any_thread = ast.parse


def parse_in_turn(*args, **kwargs):
    with PARSING:
        return parse_in_any_thread(*args, **kwargs)


ast.parse = parse_in_turn


class Proof(AuthBase):
    def __call__(self, request):
        if request.path_url.startswith("/v1/"):
            request.headers["Authorization"] = f"Bearer {API_KEY}"
        else:
            body = request.body or b""
            if isinstance(body, str):
                body = body.encode()
            digest = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
            request.headers["X-Hub-Signature-256"] = f"sha256={digest}"
        return request


schemathesis.auth.set_from_requests(Proof())


def is_matter_of_values(problem):
    """No schema can tell which addresses, agents and workflows there are, which cursors were made, and how far off a time is.
    That a workflow needs no agent is told in words alone: generators of clients make little of `not`."""
    if problem.get("code") in ("callback_url_refused", "agent_not_permitted", "workflow_not_permitted"):
        return True
    return [error["field"] for error in problem.get("errors", [])] in (["cursor"], ["at"], ["delay"], ["workflow"])


@schemathesis.check
def valid_data_accepted(ctx, response, case):
    """In place of positive_data_acceptance, which knows statuses alone."""
    meta = case.meta
    if meta is None or meta.generation.mode != schemathesis.GenerationMode.POSITIVE:
        return
    if response.status_code in (400, 405, 406, 415, 422) and not is_matter_of_values(response.json()):
        raise AssertionError(f"Valid data was refused: {response.text}")


@schemathesis.check
def code_is_documented(ctx, response, case):
    """The schema of a problem allows any code; the description of each response lists those that it may have."""
    if "problem+json" not in response.headers.get("content-type", [""])[0]:
        return
    described = case.operation.definition.raw["responses"].get(str(response.status_code))
    code = response.json()["code"]
    # Whether the status may be is another check.
    if described is not None and f"`{code}`" not in described["description"]:
        raise AssertionError(f"{code} is not among the codes of this {response.status_code}")
