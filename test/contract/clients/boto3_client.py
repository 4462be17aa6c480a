"""boto3, unmodified, as the client of a standing lab: prints one JSON object of what it saw.

Usage: boto3_client.py SCENARIO. Address and keys come from the environment that the lab printed.
"""

import json
import os
import sys
import time
import urllib.request

import boto3
from boto3_lab import (
    CLUSTER,
    NETWORK,
    QUICK,
    SERVER,
    code_of,
    create_service,
    ecs,
    follow,
    lab,
    register,
    service,
    serving,
)
from botocore.config import Config
from botocore.exceptions import WaiterError


def circuit_breaker():
    good = register("breaker", SERVER)
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    create_service("breaker", good, 2, breaker)
    bad = register("breaker", "console.error('no configuration'); process.exit(7)")
    ecs.update_service(cluster=CLUSTER, service="breaker", taskDefinition=bad)
    seen = follow("breaker")
    stopped = ecs.list_tasks(cluster=CLUSTER, serviceName="breaker", desiredStatus="STOPPED")["taskArns"]
    tasks = ecs.describe_tasks(cluster=CLUSTER, tasks=stopped)["tasks"]
    failed = [
        task
        for task in tasks
        if task["taskDefinitionArn"] == bad and task["stopCode"] == "EssentialContainerExited"
    ]
    return {
        "rolloutStates": seen["rolloutStates"],
        "statuses": seen["statuses"],
        "breaker": seen["end"]["deploymentCircuitBreaker"],
        "rollback": seen["end"]["rollback"]["reason"],
        "serving": serving("breaker"),
        "failedTasks": [len(failed) >= 3]
        + sorted({task["containers"][0]["exitCode"] for task in failed}),
        "events": [event["message"] for event in service("breaker")["events"]],
    }


def no_way_back():
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
    good = register("onward", SERVER)
    create_service("onward", good, 1, breaker)
    ecs.update_service(
        cluster=CLUSTER, service="onward", taskDefinition=register("onward", "process.exit(7)")
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        primary = service("onward")["deployments"][0]
        if primary["rolloutState"] != "IN_PROGRESS":
            break
        time.sleep(0.2)
    try:
        ecs.get_waiter("services_stable").wait(
            cluster=CLUSTER, services=["onward"], WaiterConfig={"Delay": 1, "MaxAttempts": 3}
        )
        waited = "stable"
    except WaiterError as error:
        waited = str(error)
    return {
        "primary": [primary["status"], primary["rolloutState"], primary["rolloutStateReason"]],
        "deployments": len(service("onward")["deployments"]),
        "waited": waited,
    }


def deployment_alarm():
    cloudwatch = boto3.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="errors-of-release",
        Namespace="Shop",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
    alarms = {"alarms": {"alarmNames": ["errors-of-release"], "enable": True, "rollback": True}}
    create_service("alarmed", register("alarmed", SERVER), 2, alarms)
    ecs.update_service(cluster=CLUSTER, service="alarmed", taskDefinition=register("alarmed", SERVER))
    # An alarm that is on at the start would be ignored: the errors come with the first new task.
    while service("alarmed")["deployments"][0]["runningCount"] == 0:
        time.sleep(0.05)
    cloudwatch.put_metric_data(
        Namespace="Shop",
        MetricData=[
            {"MetricName": "Errors", "Timestamp": lab("/_lab/state")["now"] / 1000, "Value": 5}
        ],
    )
    seen = follow("alarmed")
    return {
        "statuses": seen["statuses"],
        "alarms": seen["end"]["alarms"],
        "rollback": seen["end"]["rollback"]["reason"],
        "serving": serving("alarmed"),
    }


def paginators():
    elb = boto3.client("elbv2")
    logs = boto3.client("logs")
    for _ in range(5):
        register("paged", SERVER)
    listener = os.environ["LAB_LISTENER_ARN"]
    for priority in (101, 102, 103):
        elb.create_rule(
            ListenerArn=listener,
            Priority=priority,
            Conditions=[{"Field": "path-pattern", "Values": [f"/paged/{priority}"]}],
            Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "204"}}],
        )
    create_service("paged", "paged", 3)
    ecs.update_service(cluster=CLUSTER, service="paged", forceNewDeployment=True)
    follow("paged")

    def pages(client, operation, key, size, **arguments):
        paginator = client.get_paginator(operation)
        found = [
            page.get(key, [])
            for page in paginator.paginate(PaginationConfig={"PageSize": size}, **arguments)
        ]
        return found

    definitions = pages(ecs, "list_task_definitions", "taskDefinitionArns", 2, familyPrefix="paged")
    newest_first = pages(
        ecs, "list_task_definitions", "taskDefinitionArns", 2, familyPrefix="paged", sort="DESC"
    )
    tasks = pages(ecs, "list_tasks", "taskArns", 2, cluster=CLUSTER, serviceName="paged")
    rules = pages(elb, "describe_rules", "Rules", 2, ListenerArn=listener)
    first = ecs.list_service_deployments(cluster=CLUSTER, service="paged", maxResults=1)
    second = ecs.list_service_deployments(
        cluster=CLUSTER, service="paged", maxResults=1, nextToken=first["nextToken"]
    )
    services = pages(ecs, "list_services", "serviceArns", 1, cluster=CLUSTER)
    streams = pages(
        logs,
        "describe_log_streams",
        "logStreams",
        1,
        logGroupName="/ecs/ips-api",
        logStreamNamePrefix="paged",
    )
    return {
        "definitions": [[int(arn.split(":")[-1]) for arn in page] for page in definitions],
        "newestFirst": [int(arn.split(":")[-1]) for page in newest_first for arn in page],
        "tasks": [len(page) for page in tasks],
        "rules": [[rule["Priority"] for rule in page] for page in rules],
        "deploymentsNewestFirst": first["serviceDeployments"][0]["createdAt"]
        > second["serviceDeployments"][0]["createdAt"],
        "noThirdPage": "nextToken" not in second,
        "services": len({arn for page in services for arn in page}) == sum(map(len, services)) > 0,
        "streams": len({stream["logStreamName"] for page in streams for stream in page}),
        "badToken": code_of(ecs.list_services, cluster=CLUSTER, nextToken="x"),
    }


def waiters():
    elb = boto3.client("elbv2")
    group = elb.create_target_group(
        Name="waited", Protocol="HTTP", Port=5000, TargetType="ip", VpcId="vpc-0ab1c2d3e4f500001"
    )["TargetGroups"][0]["TargetGroupArn"]
    rule = elb.create_rule(
        ListenerArn=os.environ["LAB_LISTENER_ARN"],
        Priority=200,
        Conditions=[{"Field": "path-pattern", "Values": ["/waited/*"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": group}],
    )["Rules"][0]
    run = ecs.run_task(
        cluster=CLUSTER,
        taskDefinition=register("waited", SERVER),
        launchType="FARGATE",
        networkConfiguration=NETWORK,
    )
    task = run["tasks"][0]["taskArn"]
    ecs.get_waiter("tasks_running").wait(cluster=CLUSTER, tasks=[task], WaiterConfig=QUICK)
    (running,) = ecs.describe_tasks(cluster=CLUSTER, tasks=[task])["tasks"]
    target = {
        "Id": running["containers"][0]["networkInterfaces"][0]["privateIpv4Address"],
        "Port": 5000,
    }
    elb.register_targets(TargetGroupArn=group, Targets=[target])
    arguments = {"TargetGroupArn": group, "Targets": [target], "WaiterConfig": QUICK}
    elb.get_waiter("target_in_service").wait(**arguments)
    (health,) = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    elb.deregister_targets(TargetGroupArn=group, Targets=[target])
    (draining,) = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    # 300 seconds of deregistration delay.
    elb.get_waiter("target_deregistered").wait(**arguments)
    ecs.stop_task(cluster=CLUSTER, task=task, reason="done")
    ecs.get_waiter("tasks_stopped").wait(cluster=CLUSTER, tasks=[task], WaiterConfig=QUICK)
    (stopped,) = ecs.describe_tasks(cluster=CLUSTER, tasks=[task])["tasks"]
    elb.delete_rule(RuleArn=rule["RuleArn"])
    elb.delete_target_group(TargetGroupArn=group)
    create_service("waited", "waited", 1)
    ecs.delete_service(cluster=CLUSTER, service="waited", force=True)
    ecs.get_waiter("services_inactive").wait(
        cluster=CLUSTER, services=["waited"], WaiterConfig=QUICK
    )
    return {
        "ruleNamesItsGroup": rule["Actions"][0]["TargetGroupArn"] == group,
        "health": health["TargetHealth"]["State"],
        "draining": [draining["TargetHealth"]["State"], draining["TargetHealth"]["Reason"]],
        "stopped": [stopped["stopCode"], stopped["stoppedReason"], stopped["containers"][0]["exitCode"]],
        "inactive": service("waited")["status"],
        "updateAfterDelete": code_of(
            ecs.update_service, cluster=CLUSTER, service="waited", desiredCount=1
        ),
        "groupIsGone": code_of(elb.describe_target_health, TargetGroupArn=group),
    }


def throttled():
    rule = {
        "id": "busy",
        "match": {"service": "ecs", "operation": "Describe*"},
        "count": 3,
        "effect": {"kind": "throttle"},
    }
    lab("/_lab/faults", {"rules": [rule], "events": []})
    patient = boto3.client("ecs", config=Config(retries={"mode": "adaptive", "max_attempts": 10}))
    answer = patient.describe_clusters(clusters=[CLUSTER])
    lab("/_lab/faults", {"rules": [{**rule, "id": "busy-again"}], "events": []})
    hasty = boto3.client("ecs", config=Config(retries={"total_max_attempts": 1}))
    refused = code_of(hasty.describe_clusters, clusters=[CLUSTER])
    lab("/_lab/faults", {"rules": [], "events": []})
    return {
        "status": answer["clusters"][0]["status"],
        "retries": answer["ResponseMetadata"]["RetryAttempts"],
        "withoutRetries": refused,
        "afterwards": code_of(hasty.describe_clusters, clusters=[CLUSTER]),
    }


def lost_answers():
    """Connections reset before and after the effect: boto3 tries again, and a client token keeps one task."""
    lost = {
        "id": "lost",
        "match": {"service": "ecs", "operation": "RunTask"},
        "nth": 1,
        "effect": {"kind": "reset-after-effect"},
    }
    unreachable = {
        "id": "unreachable",
        "match": {"service": "elasticloadbalancing"},
        "nth": 1,
        "effect": {"kind": "server-error"},
    }
    definition = register("lost", SERVER)
    lab("/_lab/faults", {"rules": [lost, unreachable], "events": []})
    run = ecs.run_task(
        cluster=CLUSTER,
        taskDefinition=definition,
        launchType="FARGATE",
        networkConfiguration=NETWORK,
        clientToken="one-task-only",
    )
    balancers = boto3.client("elbv2").describe_load_balancers()
    lab("/_lab/faults", {"rules": [], "events": []})
    tasks = ecs.list_tasks(cluster=CLUSTER, family="lost")["taskArns"]
    return {
        "retries": [
            run["ResponseMetadata"]["RetryAttempts"],
            balancers["ResponseMetadata"]["RetryAttempts"],
        ],
        "oneTask": tasks == [run["tasks"][0]["taskArn"]],
    }


def identities():
    iam = boto3.client("iam")
    sts = boto3.client("sts")
    account = "arn:aws:iam::123456789012"
    issuer = "token.actions.githubusercontent.com"

    def trust(principal, action, condition):
        statement = {"Effect": "Allow", "Principal": principal, "Action": action, **condition}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    iam.create_open_id_connect_provider(Url=f"https://{issuer}", ClientIDList=["sts.amazonaws.com"])

    def web_role(name, subject):
        iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=trust(
                {"Federated": f"{account}:oidc-provider/{issuer}"},
                "sts:AssumeRoleWithWebIdentity",
                {
                    "Condition": {
                        "StringEquals": {f"{issuer}:aud": "sts.amazonaws.com", f"{issuer}:sub": subject}
                    }
                },
            ),
        )

    web_role("deployer", "repo:acme/ips-data-acquisition-api:environment:Production")
    web_role("stranger", "repo:acme/another:environment:Production")
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "ecs:Describe*", "Resource": "*"}],
    }
    iam.put_role_policy(RoleName="deployer", PolicyName="look", PolicyDocument=json.dumps(policy))
    iam.create_role(
        RoleName="by-hand",
        AssumeRolePolicyDocument=trust({"AWS": f"{account}:root"}, "sts:AssumeRole", {}),
    )
    request = urllib.request.Request(
        os.environ["ACTIONS_ID_TOKEN_REQUEST_URL"] + "&audience=sts.amazonaws.com",
        headers={"authorization": "bearer " + os.environ["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]},
    )
    with urllib.request.urlopen(request) as answer:
        token = json.load(answer)["value"]
    web = {"RoleSessionName": "job-1", "WebIdentityToken": token}
    session = sts.assume_role_with_web_identity(RoleArn=f"{account}:role/deployer", **web)
    keys = session["Credentials"]
    as_deployer = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    their_ecs = as_deployer.client("ecs")
    # The way that unmodified programs take inside a job: a file and two variables.
    path = os.path.join(os.environ["TMPDIR"], "web-identity-token")
    with open(path, "w", encoding="utf-8") as file:
        file.write(token)
    os.environ["AWS_WEB_IDENTITY_TOKEN_FILE"] = path
    os.environ["AWS_ROLE_ARN"] = f"{account}:role/deployer"
    os.environ["AWS_ROLE_SESSION_NAME"] = "by-file"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del os.environ[name]
    by_file = boto3.Session().client("sts").get_caller_identity()["Arn"]
    return {
        "web": as_deployer.client("sts").get_caller_identity()["Arn"],
        "byFile": by_file,
        "may": code_of(their_ecs.describe_clusters, clusters=[CLUSTER]),
        "mayNot": code_of(their_ecs.delete_cluster, cluster=CLUSTER),
        "stranger": code_of(
            sts.assume_role_with_web_identity, RoleArn=f"{account}:role/stranger", **web
        ),
        "forged": code_of(
            sts.assume_role_with_web_identity,
            RoleArn=f"{account}:role/deployer",
            RoleSessionName="job-2",
            WebIdentityToken=token[:-8] + "AAAAAAAA",
        ),
        "byHand": sts.assume_role(RoleArn=f"{account}:role/by-hand", RoleSessionName="me")[
            "AssumedRoleUser"
        ]["Arn"],
        "unknownRole": code_of(
            sts.assume_role, RoleArn=f"{account}:role/nobody", RoleSessionName="me"
        ),
        "tokenInForm": token.count("."),
    }


SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (
        circuit_breaker,
        no_way_back,
        deployment_alarm,
        paginators,
        waiters,
        throttled,
        lost_answers,
        identities,
    )
}

if __name__ == "__main__":
    print(json.dumps(SCENARIOS[sys.argv[1]](), default=str))
