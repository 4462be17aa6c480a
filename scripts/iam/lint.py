"""The policies of docs/iam through parliament (`pip install ol-parliament`), a linter with data of its own.

Ends with 1 where it finds something that is not meant so; the reasons are in src/aws/permissions.ts.
"""

import pathlib
import sys

import parliament

STAR_IS_MEANT = {"ecs:ListTasks", "cloudwatch:DescribeAlarms"}


def is_meant(finding) -> bool:
    if finding.issue == "RESOURCE_STAR":
        return set(finding.detail) <= STAR_IS_MEANT
    if finding.issue == "RESOURCE_MISMATCH":
        # It wants every type of load balancer, and knows no tags on a rule as it is made.
        return all(
            each["action"].startswith("elasticloadbalancing:")
            and any(kind in each["required_format"] for kind in ("/net/", "/gwy/", ":loadbalancer/"))
            for each in finding.detail
        )
    return False


bad = 0
for path in sorted(pathlib.Path("docs/iam").glob("**/*.json")):
    text = path.read_text().replace("REGION", "us-east-1").replace("ACCOUNT", "123456789012")
    for finding in parliament.analyze_policy_string(text).findings:
        if not is_meant(finding):
            bad += 1
            print(f"{path}:{finding.location.get('line')}: {finding.issue} {finding.detail}")
sys.exit(1 if bad else 0)
