/** How the sink behaves; `POST /control/settings` changes any of it while it runs. */
export interface SinkSettings {
  /** From the last byte of a call to its answer. */
  readonly latencyMs: number;
  /** Calls worked on at a time; further ones wait. 0 means no limit. */
  readonly slots: number;
  /** Share of write calls refused as a whole with ProvisionedThroughputExceededException. */
  readonly throttle: number;
  /** Share of batches of which some items (half of them, at least one) come back unprocessed. */
  readonly partial: number;
  /** Share of write calls answered only after `stallMs`. */
  readonly stall: number;
  readonly stallMs: number;
  /** Counts writes by key; costs a JSON.parse per call. */
  readonly watchKeys: boolean;
  /** Counts write units by table, updates among them; costs the parsing too. */
  readonly watchUnits: boolean;
  /** Keeps what was written, for `GET /control/items`; implies the parsing too. */
  readonly keepItems: boolean;
}

export const DEFAULT_SETTINGS: SinkSettings = {
  latencyMs: 4,
  slots: 0,
  throttle: 0,
  partial: 0,
  stall: 0,
  stallMs: 5000,
  watchKeys: false,
  watchUnits: false,
  keepItems: false,
};

/** Throws TypeError for an unknown name or a value of another type. */
export function changedSettings(settings: SinkSettings, changes: unknown): SinkSettings {
  if (typeof changes !== 'object' || changes === null)
    throw new TypeError('settings are an object');
  for (const [name, value] of Object.entries(changes)) {
    const known: unknown = Reflect.get(DEFAULT_SETTINGS, name);
    const isFit = typeof value === typeof known && (typeof value !== 'number' || value >= 0);
    if (!isFit) throw new TypeError(`${name} is no setting with such a value`);
  }
  return { ...settings, ...changes };
}
