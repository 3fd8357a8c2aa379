"""What a stranger writes with the client that openapi-python-client makes of our document."""

import json
import sys
from datetime import datetime, timezone

from sensorflow_client import AuthenticatedClient
from sensorflow_client.api.sensor_data import list_readings, record_batch, record_reading
from sensorflow_client.models import (
    NewReadingWithValue,
    NewReadingWithValues,
    NewReadingWithValuesValues,
)

base_url, token = sys.argv[1:]
client = AuthenticatedClient(base_url=base_url, token=token)


def at(minute: int) -> datetime:
    return datetime(2023, 2, 15, 6, minute, tzinfo=timezone.utc)


pressure = NewReadingWithValuesValues()
pressure["pressure"] = 2.3
one = NewReadingWithValue(equipment_id="EQ-PYTHON-CLIENT", timestamp=at(30), value=78.42)
more = NewReadingWithValues(equipment_id="EQ-PYTHON-CLIENT", timestamp=at(31), values=pressure)
never = NewReadingWithValue(equipment_id="no equipment", timestamp=at(30), value=1.0)

recorded = record_reading.sync(client=client, body=one)
batch = record_batch.sync(client=client, body=[more])
refused = record_reading.sync_detailed(client=client, body=never)
page = list_readings.sync("EQ-PYTHON-CLIENT", client=client, limit=10)

print(
    json.dumps(
        {
            "recorded": recorded.value,
            "batch": batch.stored,
            "refused": refused.parsed.code,
            "listed": [reading.timestamp.isoformat() for reading in page.items],
        }
    )
)
