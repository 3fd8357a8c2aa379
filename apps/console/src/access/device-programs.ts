/** Programs that send one reading with a key, each with a timestamp of the sender's own clock. */
export function curlOf(origin: string, key: string): string {
  return [
    `curl -sS '${origin}/sensor-data' \\`,
    `  -H 'X-API-Key: ${key}' -H 'Content-Type: application/json' \\`,
    `  -d '{"equipmentId": "MY-FIRST", "timestamp": "'$(date -u +%FT%TZ)'", "value": 21.5}'`,
  ].join('\n');
}

export function pythonOf(origin: string, key: string): string {
  return `import datetime, json, urllib.request

now = datetime.datetime.now(datetime.timezone.utc).isoformat()
reading = {"equipmentId": "MY-FIRST", "timestamp": now, "value": 21.5}
request = urllib.request.Request(
    "${origin}/sensor-data",
    data=json.dumps(reading).encode(),
    headers={"X-API-Key": "${key}", "Content-Type": "application/json"},
)
print(urllib.request.urlopen(request, timeout=10).status)  # 201: it is durable`;
}

export function arduinoOf(origin: string, key: string): string {
  return `#include <WiFi.h>
#include <HTTPClient.h>
#include <time.h>

void setup() {
  WiFi.begin("network", "password");
  configTime(0, 0, "pool.ntp.org");
}

void loop() {
  struct tm utc;
  if (!getLocalTime(&utc)) return;
  char body[128];
  strftime(body, sizeof body,
    "{\\"equipmentId\\": \\"MY-FIRST\\", \\"timestamp\\": \\"%Y-%m-%dT%H:%M:%SZ\\", \\"value\\": 21.5}", &utc);
  HTTPClient http;
  http.begin("${origin}/sensor-data");
  http.addHeader("X-API-Key", "${key}");
  http.addHeader("Content-Type", "application/json");
  int status = http.POST(body);
  http.end();  // 201: it is durable. Anything else: send the same again.
  delay(status == 201 ? 60000 : 5000);
}`;
}
