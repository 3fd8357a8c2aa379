import { parseInstant, type Instant } from '@sensorflow/kernel';
import { DEFAULT_METRIC, type Reading, type StoredReading } from '@sensorflow/sensor-data';

/** A reading in words: `value` is short for the metric of that name, texts stand for instants. */
export interface ReadingInWords {
  readonly equipmentId?: string;
  readonly timestamp?: string;
  readonly value?: number;
  readonly values?: Readonly<Record<string, number>>;
  readonly tags?: Readonly<Record<string, string>>;
}

export function aReading(words: ReadingInWords = {}): Reading {
  return {
    equipmentId: words.equipmentId ?? 'EQ-12495',
    timestamp: anInstant(words.timestamp ?? '2023-02-15T01:30:00.000-05:00'),
    values: new Map(Object.entries(words.values ?? { [DEFAULT_METRIC]: words.value ?? 78.42 })),
    tags: new Map(Object.entries(words.tags ?? {})),
  };
}

export function aStoredReading(
  words: ReadingInWords & { readonly registerTime?: string } = {},
): StoredReading {
  return {
    ...aReading(words),
    registerTime: anInstant(words.registerTime ?? '2023-09-01T00:00:00Z'),
  };
}

/** Throws when the text is no valid RFC 3339 timestamp: the test itself is wrong then. */
export function anInstant(text: string): Instant {
  const parsed = parseInstant(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.fault.code}`);
  return parsed.value;
}

/** All pages of a scan. */
export async function pagesOf<T>(pages: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(page);
  return all;
}
