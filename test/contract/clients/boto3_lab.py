"""What the boto3 scenarios share: the standing lab, task definitions, services, and following them."""

import json
import os
import time
import urllib.request

import boto3
from botocore.exceptions import ClientError

CLUSTER = "ips-api-cluster"
ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
NODE_IMAGE = os.environ["LAB_REGISTRY"] + "/lab/node:24"
QUICK = {"Delay": 1, "MaxAttempts": 60}
NETWORK = {
    "awsvpcConfiguration": {
        "subnets": ["subnet-0a000000000000001", "subnet-0b000000000000002"],
        "securityGroups": ["sg-0a1b000000000002"],
        "assignPublicIp": "ENABLED",
    }
}
SERVER = (
    "console.log('up');"
    "require('http').createServer((q, r) => r.end('ok')).listen(5000);"
    "process.on('SIGTERM', () => process.exit(0))"
)

ecs = boto3.client("ecs")


def lab(path, body=None):
    """The lab's own address, beside AWS's."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(ENDPOINT + path, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def register(family, program):
    """A task definition whose one container runs `program` in Node; its ARN."""
    answer = ecs.register_task_definition(
        family=family,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        executionRoleArn="arn:aws:iam::123456789012:role/ecsTaskExecutionRole",
        containerDefinitions=[
            {
                "name": "web",
                "image": NODE_IMAGE,
                "command": ["node", "-e", program],
                "portMappings": [{"containerPort": 5000}],
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": "/ecs/ips-api",
                        "awslogs-region": "ap-south-1",
                        "awslogs-stream-prefix": family,
                    },
                },
            }
        ],
    )
    return answer["taskDefinition"]["taskDefinitionArn"]


def create_service(name, task_definition, count, configuration=None):
    ecs.create_service(
        cluster=CLUSTER,
        serviceName=name,
        taskDefinition=task_definition,
        desiredCount=count,
        launchType="FARGATE",
        networkConfiguration=NETWORK,
        deploymentConfiguration={
            "maximumPercent": 200,
            "minimumHealthyPercent": 100,
            **(configuration or {}),
        },
    )
    ecs.get_waiter("services_stable").wait(cluster=CLUSTER, services=[name], WaiterConfig=QUICK)
    # Stable is not yet completed, and a rollback goes to what was completed.
    while service(name)["deployments"][0]["rolloutState"] != "COMPLETED":
        time.sleep(0.1)


def service(name):
    return ecs.describe_services(cluster=CLUSTER, services=[name])["services"][0]


def follow(name, seconds=60):
    """Polls a service until its newest service deployment is at its end; every state seen on the way."""
    newest = ecs.list_service_deployments(cluster=CLUSTER, service=name)["serviceDeployments"][0]
    arn = newest["serviceDeploymentArn"]
    rollout_states, statuses = {}, []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for deployment in service(name)["deployments"]:
            seen = rollout_states.setdefault(deployment["taskDefinition"].split("/")[-1], [])
            if deployment["rolloutState"] not in seen:
                seen.append(deployment["rolloutState"])
        found = ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0]
        if found["status"] not in statuses:
            statuses.append(found["status"])
        if found["status"] in ("SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"):
            return {"rolloutStates": rollout_states, "statuses": statuses, "end": found}
        time.sleep(0.1)
    raise SystemExit(f"{name} did not come to an end: {statuses}")


def serving(name):
    """The one task definition that the service runs, and how many tasks of it."""
    ecs.get_waiter("services_stable").wait(cluster=CLUSTER, services=[name], WaiterConfig=QUICK)
    (only,) = service(name)["deployments"]
    return [only["taskDefinition"].split("/")[-1], only["rolloutState"], only["runningCount"]]


def code_of(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None
