import { accepted, FaultList, refused, type InputFault, type Parsed } from '@sensorflow/kernel';
import { parseEquipmentId, parseNumber, parseNumberText } from '@sensorflow/sensor-data';

/** What the earlier service measured, in all its versions; each is a metric of its name. */
export const QUANTITIES = [
  'temperature',
  'pressure',
  'concentration',
  'flow',
  'conductivity',
  'humidity',
] as const;

export type Quantity = (typeof QUANTITIES)[number];

/** A body of the earlier service, as a reading without its instant. */
export interface CipMeasurement {
  readonly equipmentId: string;
  readonly values: Readonly<Partial<Record<Quantity, number>>>;
  /** `cip_id` and `status_cip`, as far as they were sent. */
  readonly tags: Readonly<Record<string, string>>;
}

export interface CipSource {
  /** Whether sensor, `cip_id` and `status_cip` are mandatory: devices send none of them. */
  readonly mustBeNamed: boolean;
  /** Names the sensor where the body does not: the API key's name. */
  readonly callerName: string;
}

export type ParsedMeasurement =
  | { readonly ok: true; readonly value: CipMeasurement }
  | { readonly ok: false; readonly faults: readonly InputFault[] };

const TAGS = ['cip_id', 'status_cip'] as const;
const MAX_TAG_CHARACTERS = 256;

/**
 * Reads a body as the earlier service did: numbers may be text, unknown members are ignored. Names every fault at
 * once, each with its pointer. Never throws, whatever the value.
 */
export function parseMeasurement(raw: unknown, source: CipSource): ParsedMeasurement {
  const faults = new FaultList();
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    faults.add('', { code: 'reading-not-an-object', detail: 'A reading is a JSON object.' });
    return { ok: false, faults: faults.faults };
  }
  const body = new Map<string, unknown>(Object.entries(raw));
  const equipmentId = readSensor(body, source, faults);
  const values = readQuantities(body, faults);
  const tags = readTags(body, source, faults);
  if (equipmentId === undefined || faults.faults.length > 0) {
    return { ok: false, faults: faults.faults };
  }
  return { ok: true, value: { equipmentId, values, tags } };
}

type Body = ReadonlyMap<string, unknown>;

function readSensor(body: Body, source: CipSource, faults: FaultList): string | undefined {
  const name =
    isGiven(body, 'id_sensor') || !isGiven(body, 'sensor_id') ? 'id_sensor' : 'sensor_id';
  const id = body.get(name) ?? undefined;
  if (id !== undefined) return faults.valueOf(`/${name}`, parseSensor(name, id));
  if (source.mustBeNamed) return faults.valueOf(`/${name}`, SENSOR_MISSING);
  const named = parseEquipmentId(source.callerName);
  return faults.valueOf(`/${name}`, named.ok ? named : KEY_NAMES_NO_SENSOR);
}

const SENSOR_MISSING = refused(
  'equipment-id-missing',
  'id_sensor is missing: it names the sensor.',
);
const KEY_NAMES_NO_SENSOR = refused(
  'equipment-id-missing',
  'id_sensor is missing, and the name of the API key is no equipment id that could stand for it.',
);

function parseSensor(name: string, id: unknown): Parsed<string> {
  if (typeof id !== 'string') return refused('equipment-id-invalid', `${name} is a text.`);
  const parsed = parseEquipmentId(id);
  return parsed.ok ? parsed : refused(parsed.fault.code, `${name}: ${parsed.fault.detail}`);
}

function readQuantities(body: Body, faults: FaultList): CipMeasurement['values'] {
  const values: Partial<Record<Quantity, number>> = {};
  for (const quantity of QUANTITIES) {
    if (!isGiven(body, quantity)) continue;
    const number = faults.valueOf(`/${quantity}`, parseQuantity(quantity, body.get(quantity)));
    if (number !== undefined) values[quantity] = number;
  }
  if (!QUANTITIES.some((quantity) => isGiven(body, quantity))) {
    const detail = `At least one of ${QUANTITIES.join(', ')} is a number.`;
    faults.add('', { code: 'value-missing', detail });
  }
  return values;
}

function parseQuantity(quantity: Quantity, value: unknown): Parsed<number> {
  const parsed =
    typeof value === 'string' ? parseNumberText(plainNumber(value)) : parseNumber(value);
  if (parsed.ok) return parsed;
  const shown = JSON.stringify(value)?.slice(0, 40);
  return refused(parsed.fault.code, `${quantity} is a finite number, also as text; not ${shown}.`);
}

/** As firmware prints it: blanks around it, a plus, or no digit on one side of the point. */
function plainNumber(text: string): string {
  return text
    .trim()
    .replace(/^\+/, '')
    .replace(/^(-?)\./, '$10.')
    .replace(/\.(?=$|[eE])/, '.0');
}

function readTags(body: Body, source: CipSource, faults: FaultList): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const name of TAGS) {
    const text = isGiven(body, name) ? parseTag(name, body.get(name)) : undefined;
    if (text) {
      const tag = faults.valueOf(`/${name}`, text);
      if (tag !== undefined) tags[name] = tag;
    } else if (source.mustBeNamed) {
      faults.add(`/${name}`, { code: 'tags-invalid', detail: `${name} is missing: it is a text.` });
    }
  }
  return tags;
}

function parseTag(name: string, value: unknown): Parsed<string> {
  const isText =
    typeof value === 'string' &&
    value !== '' &&
    value.length <= MAX_TAG_CHARACTERS &&
    value.isWellFormed() &&
    !/\p{Cc}/u.test(value);
  return isText
    ? accepted(value)
    : refused(
        'tags-invalid',
        `${name} is a text of 1 to ${MAX_TAG_CHARACTERS} characters without control characters.`,
      );
}

/** What is null was not measured. */
function isGiven(body: Body, name: string): boolean {
  return body.get(name) !== undefined && body.get(name) !== null;
}
