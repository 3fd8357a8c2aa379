import type { ApiClient } from './api-client.js';
import { allReadings } from './sensorflow.js';

const START = Date.parse('2020-01-01T00:00:00Z');

/** As many readings as a test needs, each with a key and a value of its own, that it can ask back for. */
export class NumberedReadings {
  readonly equipmentIds: readonly string[];

  constructor(name: string, equipmentCount: number) {
    this.equipmentIds = Array.from({ length: equipmentCount }, (_, index) => `${name}-${index}`);
  }

  at(index: number) {
    return {
      equipmentId: this.equipmentIds[index % this.equipmentIds.length] ?? '',
      timestamp: new Date(START + index * 1000).toISOString(),
      value: index + 0.5,
    };
  }

  /** Those of the numbers whose reading is not stored with its very value. */
  async missing(client: ApiClient, indexes: Iterable<number>): Promise<readonly number[]> {
    const stored = new Map<string, number>();
    for (const equipmentId of this.equipmentIds) {
      for (const { timestamp, value } of await allReadings(client, equipmentId)) {
        stored.set(`${equipmentId} ${timestamp}`, value);
      }
    }
    return [...indexes].filter((index) => {
      const { equipmentId, timestamp, value } = this.at(index);
      return stored.get(`${equipmentId} ${timestamp}`) !== value;
    });
  }
}
