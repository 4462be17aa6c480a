"""Plays the function of docs/guards/alarm-restore.yml, whose code is on standard input, against the lab."""

import json
import os
import sys
import types

import boto3

elb = boto3.client("elbv2")
index = types.ModuleType("index")
exec(sys.stdin.read(), index.__dict__)

LOGIN = {
    "Issuer": "https://login.example.com",
    "AuthorizationEndpoint": "https://login.example.com/authorize",
    "TokenEndpoint": "https://login.example.com/token",
    "UserInfoEndpoint": "https://login.example.com/userinfo",
    "ClientId": "shop",
    "ClientSecret": "hush",
}


def group(name):
    made = elb.create_target_group(
        Name=name, Protocol="HTTP", Port=5000, VpcId="vpc-1", TargetType="ip", HealthCheckPath="/health"
    )
    return made["TargetGroups"][0]["TargetGroupArn"]


def forward(weights, order):
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights]
    return {"Type": "forward", "Order": order, "ForwardConfig": {"TargetGroups": groups}}


blue, green = group("guarded-blue"), group("guarded-green")
balancer = elb.create_load_balancer(Name="guarded", Subnets=["subnet-a", "subnet-b"])["LoadBalancers"][0]
split = [(blue, 90), (green, 10)]
listener = elb.create_listener(
    LoadBalancerArn=balancer["LoadBalancerArn"],
    Port=443,
    Protocol="HTTPS",
    Certificates=[{"CertificateArn": "arn:aws:acm:ap-south-1:123456789012:certificate/1"}],
    DefaultActions=[forward(split, 1)],
)["Listeners"][0]["ListenerArn"]
rule = elb.create_rule(
    ListenerArn=listener,
    Priority=10,
    Conditions=[{"Field": "path-pattern", "Values": ["/*"]}],
    Actions=[{"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": LOGIN}, forward(split, 2)],
)["Rules"][0]["RuleArn"]


def weights(arn):
    if arn == listener:
        actions = elb.describe_listeners(ListenerArns=[arn])["Listeners"][0]["DefaultActions"]
    else:
        actions = elb.describe_rules(RuleArns=[arn])["Rules"][0]["Actions"]
    return [each["Weight"] for each in actions[-1]["ForwardConfig"]["TargetGroups"]]


def run(by_rule):
    os.environ["LISTENER_ARN"], os.environ["RULE_ARN"] = listener, rule if by_rule else ""
    return [index.handler({}, None), weights(rule), weights(listener)]


def tag(lock, **more):
    tags = {"ips-deploy:" + key.replace("_", "-"): value for key, value in more.items()}
    elb.add_tags(ResourceArns=[lock], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])


seen = {"no shift": run(True)}
lock = elb.create_rule(
    ListenerArn=listener,
    Priority=9,
    Conditions=[{"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "x-ips-probe", "Values": ["s"]}}],
    Actions=[forward([(green, 1)], 1)],
)["Rules"][0]["RuleArn"]
tag(lock, holder="o/r run 1.1 job deploy", stage="shifting", weights="guarded-blue=1", schema="compatible")
seen["its job is there"] = run(True)
tag(lock, stage="paused", schema="breaking")
seen["a breaking schema"] = run(True)
tag(lock, schema="compatible", weights="somebody-else=1")
seen["weights of other groups"] = run(True)
tag(lock, weights="guarded-blue=1")
seen["it rests"] = run(True)
seen["by the listener"] = run(False)
tag(lock, no_return="-", blue_kept="-")
seen["of an end that was taken back"] = run(False)
tag(lock, blue_kept="tasks=1 since=2026-01-01T00:00:00.000Z")
seen["a blue that is kept small"] = run(False)
tag(lock, blue_kept="-", no_return="2026-01-01T00:00:00.000Z")
seen["past the point of no return"] = run(False)
print(json.dumps(seen))
