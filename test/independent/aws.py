"""Clients of an implementation of AWS that listens on this machine."""

import boto3
from botocore.config import Config


def clients(endpoint: str, region: str):
    def client(service: str):
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )

    return client
