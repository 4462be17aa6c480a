"""Sends requests with boto3 and tells what was sent and what came back.

Standard input: JSON {"endpoint", "region", "accessKeyId", "secretAccessKey", "protocol", "cases": [...]}, a
case being {"service", "operation", "input", "output"}; `output` is what the server will answer to it.
With `protocol` (for example "smithy-rpc-v2-cbor") botocore speaks that one and not its own choice.
Standard output: a JSON list with one result per case. Members that botocore's own service model does not
have are left out on both sides, so that botocore and the server may be of different age.
Times are {"$date": epoch milliseconds}, bytes {"$bytes": base64}.
"""

import base64
import datetime
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.handlers import json_decode_policies

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def revive(value):
    if isinstance(value, list):
        return [revive(item) for item in value]
    if isinstance(value, dict):
        if set(value) == {"$date"}:
            return EPOCH + datetime.timedelta(milliseconds=value["$date"])
        if set(value) == {"$bytes"}:
            return base64.b64decode(value["$bytes"])
        return {key: revive(item) for key, item in value.items()}
    return value


def plain(value):
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, datetime.datetime):
        return {"$date": round((value - EPOCH) / datetime.timedelta(milliseconds=1))}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    return value


def known(shape, value, drop_emptied):
    """The part of `value` that botocore's model has members for.

    With `drop_emptied` without the structures that this leaves empty: a form cannot carry them.
    """
    if shape is None:
        return {}
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        members = {key: known(shape.members[key], item, drop_emptied) for key, item in value.items() if key in shape.members}
        if not drop_emptied:
            return members
        return {key: item for key, item in members.items() if item != {} or value[key] == {}}
    if shape.type_name == "list":
        return [known(shape.member, item, drop_emptied) for item in value]
    if shape.type_name == "map":
        return {key: known(shape.value, item, drop_emptied) for key, item in value.items()}
    return value


def force_protocol(session, protocol):
    loader = session._session.get_component("data_loader")
    load = loader.load_service_model

    def load_with_protocol(service_name, type_name, api_version=None):
        model = load(service_name, type_name, api_version)
        if type_name == "service-2":
            model["metadata"].update(protocol=protocol, protocols=[protocol])
        return model

    loader.load_service_model = load_with_protocol


def main():
    setup = json.load(sys.stdin)
    config = Config(
        parameter_validation=False,
        inject_host_prefix=False,
        retries={"total_max_attempts": 1},
    )
    session = boto3.session.Session(
        aws_access_key_id=setup["accessKeyId"],
        aws_secret_access_key=setup["secretAccessKey"],
        region_name=setup["region"],
    )
    # boto3 parses policies in answers of IAM as JSON; here they are any text.
    session._session.unregister("after-call.iam", json_decode_policies)
    if setup.get("protocol"):
        force_protocol(session, setup["protocol"])
    clients = {}
    results = []
    for case in setup["cases"]:
        name = case["service"]
        if name not in clients:
            clients[name] = session.client(name, endpoint_url=setup["endpoint"], config=config)
        client = clients[name]
        model = client.meta.service_model
        if setup.get("protocol") not in (None, model.resolved_protocol):
            raise RuntimeError(f"{name} speaks {model.resolved_protocol}, not {setup['protocol']}")
        if case["operation"] not in model.operation_names:
            results.append({"kind": "unknown"})
            continue
        operation = model.operation_model(case["operation"])
        sent = known(operation.input_shape, revive(case["input"]), True)
        expected = known(operation.output_shape, revive(case["output"]), False)
        try:
            received = client._make_api_call(case["operation"], sent)
        except ClientError as error:
            error.response.pop("ResponseMetadata")
            results.append({"kind": "error", "response": plain(error.response), "sent": plain(sent)})
            continue
        received.pop("ResponseMetadata")
        results.append(
            {"kind": "answer", "sent": plain(sent), "received": plain(received), "expected": plain(expected)}
        )
    json.dump(results, sys.stdout)


main()
