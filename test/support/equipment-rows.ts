/** Equipment, and an import that was opened by a caller that may read that equipment. */
export interface Subject {
  readonly equipmentId: string;
  readonly uploadId: string;
}

/** A request; its path is that of the route, with the subject in the place of its parameters. */
export interface Asked {
  readonly query?: string;
  readonly payload?: object;
}

/** What the answer has to be; what is not said can be anything. */
export interface Expected {
  readonly status: number;
  /** Of a problem document. */
  readonly code?: string;
  /** Whether it names the subject. */
  readonly shows?: boolean;
  /** Whether it names the refusal of single readings or rows. */
  readonly rejects?: boolean;
  /** The equipment that rows of the opened import may be of. */
  readonly keepsTo?: readonly string[];
}

/** One way to ask a route, by a key for one piece of equipment: about that, and about another one. */
export interface EquipmentRow {
  readonly ask: (subject: Subject) => Asked;
  readonly own: Expected;
  readonly other: Expected;
}

export const OWN = 'EQ-OWN';
export const OTHER = 'EQ-OTHER';
export const INSTANT = '2023-02-15T06:30:00Z';

const RANGE = 'from=2023-02-15T00:00:00Z&to=2023-02-16T00:00:00Z';
const FORBIDDEN: Expected = { status: 403, code: 'equipment-forbidden' };
const SHOWN: Expected = { status: 200, shows: true };

/** The path names the equipment. */
function named(query = '', own: Expected = { status: 200 }): EquipmentRow {
  return { ask: () => ({ query }), own, other: FORBIDDEN };
}

/** Nothing of the request names equipment; what the answer shows is the caller's own. */
function listed(query = ''): EquipmentRow {
  return { ask: () => ({ query }), own: SHOWN, other: { status: 200, shows: false } };
}

function namedInQuery(query: string, own: Expected): EquipmentRow {
  const ask = ({ equipmentId }: Subject) => ({ query: `equipmentId=${equipmentId}&${query}` });
  return { ask, own, other: FORBIDDEN };
}

/** Of all equipment: refused to a caller that may read only some. */
function refused(query = ''): EquipmentRow {
  return { ask: () => ({ query }), own: FORBIDDEN, other: FORBIDDEN };
}

function sent(payloadOf: (subject: Subject) => object, own: Expected, other: Expected) {
  return { ask: (subject: Subject) => ({ payload: payloadOf(subject) }), own, other };
}

function readingOf({ equipmentId }: Subject) {
  return { equipmentId, timestamp: INSTANT, value: 1 };
}

const MEASUREMENT: EquipmentRow = sent(
  ({ equipmentId }) => ({
    id_sensor: equipmentId,
    cip_id: '1',
    status_cip: 'active',
    temperature: 20.8,
  }),
  { status: 201, shows: true },
  FORBIDDEN,
);

const IMPORT: EquipmentRow = {
  ask: () => ({}),
  own: { status: 200, shows: true },
  other: { status: 404, code: 'import-not-found' },
};

/** How each route that a key may call keeps to the key's equipment. */
export const EQUIPMENT_ROWS: Readonly<Record<string, readonly EquipmentRow[]>> = {
  'GET /equipment': [listed(), listed('limit=1')],
  'GET /equipment/overview': [
    listed(),
    listed('trend=true'),
    listed('sort=equipmentId'),
    listed('sort=state&order=desc'),
    listed('search=eq'),
  ],
  'GET /equipment/{equipmentId}/metrics': [named()],
  'POST /api/v1/cip_monitoring': [MEASUREMENT],
  'POST /api/v1/temperature_reading': [MEASUREMENT],
  'POST /api/temperature_reading': [MEASUREMENT],
  'POST /api/sensor_data': [MEASUREMENT],
  'GET /api/v1/sensor/{equipmentId}/latest': [named('', SHOWN)],
  'GET /api/v1/query/sensor/{equipmentId}/latest': [named('', SHOWN)],
  'GET /api/v1/query/recent': [listed()],
  'POST /sensor-data': [sent(readingOf, { status: 201, shows: true }, FORBIDDEN)],
  'POST /sensor-data/batch': [
    sent(
      (subject) => [readingOf(subject)],
      { status: 201, rejects: false },
      { status: 400, code: 'no-valid-reading', rejects: true },
    ),
    sent(
      (subject) => [readingOf(subject), readingOf({ ...subject, equipmentId: OWN })],
      { status: 201, rejects: false },
      { status: 207, rejects: true },
    ),
  ],
  'GET /sensor-data/{equipmentId}': [named('', SHOWN)],
  'GET /sensor-data/{equipmentId}/latest': [named('', SHOWN)],
  'GET /sensor-data/{equipmentId}/series': [named(`metric=value&${RANGE}`)],
  'GET /sensor-data/{equipmentId}/{timestamp}/history': [named()],
  'GET /sensor-data/live': [listed(), namedInQuery('metric=temperature', SHOWN)],
  'GET /ws/sensor_updates': [
    { ...listed(), own: { ...SHOWN, status: 101 }, other: { status: 101, shows: false } },
  ],
  'GET /sensor-data/aggregated': [namedInQuery(RANGE, SHOWN), refused(RANGE)],
  'GET /sensor-data/aggregated/fleet': [refused(RANGE)],
  'GET /sensor-data/aggregated/verify': [namedInQuery(RANGE, { status: 200 }), refused(RANGE)],
  // Of other equipment, the import rejects the rows.
  'POST /sensor-data/upload-csv': [
    sent(
      ({ equipmentId }) => ({ fileName: 'a.csv', size: 1, equipmentId }),
      { status: 201 },
      { status: 201, keepsTo: [OWN] },
    ),
  ],
  'POST /sensor-data/csv-preview': [
    sent(
      ({ equipmentId }) => ({
        fileName: 'a.csv',
        head: btoa(`equipmentId,timestamp,value\n${equipmentId},${INSTANT},1\n`),
      }),
      { status: 200, rejects: false },
      { status: 200, rejects: true },
    ),
  ],
  'GET /sensor-data/uploads': [listed()],
  'GET /sensor-data/uploads/{id}': [IMPORT],
  'DELETE /sensor-data/uploads/{id}': [{ ...IMPORT, own: { ...SHOWN, status: 202 } }],
};
