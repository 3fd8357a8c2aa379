"""Prints, as JSON, which of the gaps in gaps.ts are gaps still, by the names of the checks.

`python still_gaps.py ENDPOINT REGION LEFT_OUT`
"""

import json
import sys
from uuid import uuid4

from aws import clients
from botocore.exceptions import ClientError, WaiterError

client = clients(sys.argv[1], sys.argv[2])
LEFT_OUT = json.loads(sys.argv[3])
cloudformation = client("cloudformation")


def create(resources: dict, outputs: dict | None = None) -> str:
    """Answers why CloudFormation did not create them; nothing when it did."""
    name = f"gap-{uuid4()}"
    template = {"Resources": resources, **({"Outputs": outputs} if outputs else {})}
    try:
        cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
        waiter = cloudformation.get_waiter("stack_create_complete")
        waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        return ""
    except (ClientError, WaiterError) as error:
        return f"{error} {reasons(name)}"


def reasons(stack_name: str) -> list:
    try:
        events = cloudformation.describe_stack_events(StackName=stack_name)["StackEvents"]
    except ClientError:
        return []
    return [event.get("ResourceStatusReason") for event in events]


def unknown_types() -> bool:
    why = create({f"R{i}": {"Type": kind} for i, kind in enumerate(LEFT_OUT["types"])})
    return "Unrecognized resource types" in why and all(kind in why for kind in LEFT_OUT["types"])


def metric_math() -> bool:
    metric = {"Namespace": "N", "MetricName": "M"}
    stat = {"Metric": metric, "Period": 60, "Stat": "Sum"}
    metrics = [
        {"Id": "a", "MetricStat": stat, "ReturnData": False},
        {"Id": "b", "Expression": "a + 1"},
    ]
    properties = {
        "Metrics": metrics,
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
        "Threshold": 1,
    }
    return "metric math" in create({"Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}})


def provider_url() -> bool:
    url = {"Url": {"Value": {"Fn::GetAtt": ["Pool", "ProviderURL"]}}}
    return "ProviderURL" in create({"Pool": {"Type": "AWS::Cognito::UserPool"}}, url)


def container_secrets() -> bool:
    secret = {"Name": "S", "ValueFrom": "arn:aws:secretsmanager:eu-central-1:000000000000:secret:s"}
    container = {"Name": "c", "Image": "i", "Secrets": [secret]}
    properties = {"Family": "gap", "ContainerDefinitions": [container]}
    if create({"Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": properties}}):
        return False
    task = client("ecs").describe_task_definition(taskDefinition="gap")["taskDefinition"]
    return "valueFrom" not in task["containerDefinitions"][0]["secrets"][0]


def user_name_case() -> bool:
    cognito = client("cognito-idp")
    pool = cognito.create_user_pool(
        PoolName="gap", UsernameConfiguration={"CaseSensitive": False}
    )["UserPool"]["Id"]
    cognito.admin_create_user(UserPoolId=pool, Username="anna", MessageAction="SUPPRESS")
    try:
        cognito.admin_get_user(UserPoolId=pool, Username="Anna")
        return False
    except cognito.exceptions.UserNotFoundException:
        return True


CHECKS = [unknown_types, metric_math, provider_url, container_secrets, user_name_case]
print(json.dumps({check.__name__: check() for check in CHECKS}))
