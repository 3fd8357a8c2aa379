/** What a program needs to send readings of one equipment. */
export interface Sender {
  readonly origin: string;
  readonly key: string;
  readonly equipmentId: string;
}

/** Programs that send a reading with a key, each with a timestamp of the sender's own clock. */
export const PROGRAMS = [
  { id: 'curl', title: 'curl', textOf: curlOf },
  { id: 'python', title: 'Python', textOf: pythonOf },
  { id: 'esp32', title: 'ESP32 (Arduino)', textOf: esp32Of },
  { id: 'pico', title: 'Pico W (MicroPython)', textOf: picoOf },
] as const;

/** Of a key that may only read: the newest reading of its equipment. */
export function readingCurlOf({ origin, key, equipmentId }: Sender): string {
  return [
    `curl -sS '${origin}/sensor-data/${equipmentId}/latest' \\`,
    `  -H 'X-API-Key: ${key}'`,
  ].join('\n');
}

/** Of a key that may only import: opens an import, whose answer says how the file is uploaded. */
export function importCurlOf({ origin, key }: Sender): string {
  return [
    `curl -sS '${origin}/sensor-data/upload-csv' \\`,
    `  -H 'X-API-Key: ${key}' -H 'Content-Type: application/json' \\`,
    `  -d '{"fileName": "readings.csv"}'`,
  ].join('\n');
}

/** The first equipment that the key may write; of a beginning of names, a name with it. */
export function exampleEquipment(equipmentIds: readonly string[] | null | undefined): string {
  return equipmentIds?.[0]?.replace(/\*$/, 'SENSOR-1') ?? 'MY-FIRST';
}

function curlOf({ origin, key, equipmentId }: Sender): string {
  return [
    `curl -sS '${origin}/sensor-data' \\`,
    `  -H 'X-API-Key: ${key}' -H 'Content-Type: application/json' \\`,
    `  -d '{"equipmentId": "${equipmentId}", "timestamp": "'$(date -u +%FT%TZ)'", "value": 21.5}'`,
  ].join('\n');
}

function pythonOf({ origin, key, equipmentId }: Sender): string {
  return `import datetime, json, urllib.error, urllib.request

now = datetime.datetime.now(datetime.timezone.utc).isoformat()
reading = {"equipmentId": "${equipmentId}", "timestamp": now, "value": 21.5}
request = urllib.request.Request(
    "${origin}/sensor-data",
    data=json.dumps(reading).encode(),
    headers={"X-API-Key": "${key}", "Content-Type": "application/json"},
)
try:
    print(urllib.request.urlopen(request, timeout=10).status)  # 201: it is stored
except urllib.error.HTTPError as refusal:
    print(refusal.read().decode())  # says what is wrong and what to send instead`;
}

function esp32Of({ origin, key, equipmentId }: Sender): string {
  const isSecure = origin.startsWith('https:');
  const certificate = `
// The root certificate of your server, as PEM (on AWS: Amazon Root CA 1).
const char* ROOT_CA = "-----BEGIN CERTIFICATE-----\\n...";`;
  return `#include <WiFi.h>
#include <HTTPClient.h>
#include <time.h>

const char* URL = "${origin}/sensor-data";
const char* KEY = "${key}";${isSecure ? certificate : ''}
char body[256];
bool isPending = false;

void setup() {
  Serial.begin(115200);
  WiFi.begin("network", "password");
  configTime(0, 0, "pool.ntp.org");
}

void loop() {
  struct tm utc;
  if (WiFi.status() != WL_CONNECTED || !getLocalTime(&utc)) { delay(500); return; }
  if (!isPending) {
    float value = 21.5;  // read your sensor here
    char at[24];
    strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", &utc);
    snprintf(body, sizeof body,
      "{\\"equipmentId\\": \\"${equipmentId}\\", \\"timestamp\\": \\"%s\\", \\"value\\": %.2f}", at, value);
  }
  HTTPClient http;
  http.begin(URL${isSecure ? ', ROOT_CA' : ''});
  http.addHeader("X-API-Key", KEY);
  http.addHeader("Content-Type", "application/json");
  int status = http.POST(body);
  Serial.println(status);
  http.end();
  isPending = status != 201;  // sent again unchanged until it is stored
  delay(isPending ? 5000 : 60000);
}`;
}

function picoOf({ origin, key, equipmentId }: Sender): string {
  return `import network, ntptime, requests, time

wlan = network.WLAN(network.STA_IF)
wlan.active(True)
wlan.connect("network", "password")
while not wlan.isconnected():
    time.sleep(1)
ntptime.settime()

reading = None
while True:
    if reading is None:
        at = "%04d-%02d-%02dT%02d:%02d:%02dZ" % time.gmtime()[:6]
        value = 21.5  # read your sensor here
        reading = {"equipmentId": "${equipmentId}", "timestamp": at, "value": value}
    status = 0
    try:
        answer = requests.post("${origin}/sensor-data", json=reading,
                               headers={"X-API-Key": "${key}"})
        status = answer.status_code
        answer.close()
    except OSError:
        pass
    print(status)
    if status == 201:
        reading = None  # stored; anything else: sent again unchanged
    time.sleep(5 if reading else 60)`;
}
