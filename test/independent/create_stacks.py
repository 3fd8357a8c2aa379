"""Creates the stacks of a cloud assembly by CloudFormation, as `cdk deploy` does in an account of its own.

`python create_stacks.py ENDPOINT REGION ASSEMBLY LEFT_OUT`; the last is JSON of what the implementation
cannot create, see gaps.ts. Prints JSON: each stack's resources, and the variables of the API's task.
"""

import io
import json
import sys
import zipfile
from pathlib import Path

from aws import clients

ENDPOINT, REGION, ASSEMBLY = sys.argv[1], sys.argv[2], Path(sys.argv[3])
LEFT_OUT = json.loads(sys.argv[4])
STACKS = ["data", "identity", REGION]
#: What `cdk bootstrap` leaves in an account.
BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"


client = clients(ENDPOINT, REGION)


def bootstrap() -> str:
    """Answers the bucket of the assets."""
    account = client("sts").get_caller_identity()["Account"]
    bucket = f"cdk-hnb659fds-assets-{account}-{REGION}"
    client("ssm").put_parameter(Name=BOOTSTRAP_VERSION, Value="30", Type="String")
    client("s3").create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    return bucket


def upload_assets(stack: str, bucket: str) -> None:
    for file in read_json(f"{stack}.assets.json")["files"].values():
        source = ASSEMBLY / file["source"]["path"]
        if file["source"]["packaging"] != "zip":
            continue
        for destination in file["destinations"].values():
            client("s3").put_object(
                Bucket=bucket, Key=destination["objectKey"], Body=zipped(source)
            )


def zipped(folder: Path) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.rglob("*")):
            file.write(path, path.relative_to(folder))
    return archive.getvalue()


def creatable(template: dict) -> dict:
    """The template without what the implementation cannot create, and with what it knows under another name."""
    resources = template["Resources"]
    absent = {name for name, resource in resources.items() if is_left_out(resource)}
    kept = {name: resource for name, resource in resources.items() if name not in absent}
    for resource in kept.values():
        named = resource.get("DependsOn", [])
        named = [named] if isinstance(named, str) else named
        resource["DependsOn"] = [name for name in named if name not in absent]
    return with_provider_urls({**template, "Resources": kept})


def is_left_out(resource: dict) -> bool:
    kind = resource["Type"]
    is_metric_math = kind == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]
    shows_it = kind == "AWS::CloudWatch::Dashboard"
    return kind in LEFT_OUT["types"] or (LEFT_OUT["metricMath"] and (is_metric_math or shows_it))


def with_provider_urls(value):
    if isinstance(value, list):
        return [with_provider_urls(item) for item in value]
    if not isinstance(value, dict):
        return value
    match value.get("Fn::GetAtt"):
        case [pool, "ProviderURL"]:
            return {"Fn::Join": ["", ["https://", {"Fn::GetAtt": [pool, "ProviderName"]}]]}
    return {name: with_provider_urls(item) for name, item in value.items()}


def own_zone(template: str) -> str:
    """An environment file names a hosted zone that somebody made before."""
    records = json.loads(template)["Resources"].values()
    zones = [r["Properties"] for r in records if r["Type"] == "AWS::Route53::RecordSet"]
    for zone in {record["HostedZoneId"] for record in zones}:
        made = client("route53").create_hosted_zone(Name="example.com", CallerReference=zone)
        template = template.replace(zone, made["HostedZone"]["Id"].removeprefix("/hostedzone/"))
    return template


def create(stack: str, bucket: str) -> str:
    """Answers the stack's name once it stands; ends the process when it cannot."""
    upload_assets(stack, bucket)
    template = json.loads(own_zone((ASSEMBLY / f"{stack}.template.json").read_text()))
    key = f"{stack}.template.json"
    body = json.dumps(creatable(template))
    client("s3").put_object(Bucket=bucket, Key=key, Body=body.encode())
    cloudformation = client("cloudformation")
    name = read_json("manifest.json")["artifacts"][stack]["properties"]["stackName"]
    try:
        cloudformation.create_stack(
            StackName=name,
            TemplateURL=f"{ENDPOINT}/{bucket}/{key}",
            Capabilities=["CAPABILITY_IAM"],
        )
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
    except Exception as error:
        sys.exit(f"{name}: {error}\n{failures(name)}")
    return name


def failures(stack_name: str) -> str:
    events = client("cloudformation").describe_stack_events(StackName=stack_name)
    return "\n".join(
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}"
        for event in events["StackEvents"]
        if event["ResourceStatus"].endswith("FAILED")
    )


def resources_of(stack_name: str) -> list:
    found = client("cloudformation").describe_stack_resources(StackName=stack_name)
    return [
        {"type": resource["ResourceType"], "id": resource["PhysicalResourceId"]}
        for resource in found["StackResources"]
    ]


def task_definition(resources: list) -> dict:
    [task] = [one["id"] for one in resources if one["type"] == "AWS::ECS::TaskDefinition"]
    return client("ecs").describe_task_definition(taskDefinition=task)["taskDefinition"]


def variables_of(task: dict) -> dict:
    [container] = task["containerDefinitions"]
    return {variable["name"]: variable["value"] for variable in container["environment"]}


def credentials_of(task: dict) -> dict:
    """Those that ECS would hand to the task. Only ECS may take its role, so let this account in as well."""
    role = task["taskRoleArn"]
    account = client("sts").get_caller_identity()["Account"]
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": account}}
    client("iam").update_assume_role_policy(
        RoleName=role.split("/")[-1],
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    taken = client("sts").assume_role(RoleArn=role, RoleSessionName="api")["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": taken["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": taken["SecretAccessKey"],
        "AWS_SESSION_TOKEN": taken["SessionToken"],
    }


def secret_of(resources: list) -> str:
    [secret] = [one["id"] for one in resources if one["type"] == "AWS::SecretsManager::Secret"]
    return client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]


def read_json(name: str):
    return json.loads((ASSEMBLY / name).read_text())


assets = bootstrap()
stacks = {stack: resources_of(create(stack, assets)) for stack in STACKS}
task = task_definition(stacks[REGION])
secret = {"COGNITO_CLIENT_SECRET": secret_of(stacks["identity"])}
deployment = {
    "stacks": stacks,
    "apiVariables": {**variables_of(task), **secret, **credentials_of(task)},
}
print(json.dumps(deployment))
