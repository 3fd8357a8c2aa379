import type { Announcement } from '../../apps/local/src/stack/announcement.js';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';

const MINUTE_MS = 60_000;

/** Readings of a small plant as a gateway would have sent them, each equipment with a habit of its own. */
export class Plant {
  private constructor(readonly api: ApiClient) {}

  static async of(stack: Announcement): Promise<Plant> {
    const anyone = await ApiClient.connect(stack.baseUrl);
    return new Plant(anyone.withToken(await machineToken(stack)));
  }

  /**
   * Sends a reading a minute of a day, up to some minutes ago.
   *
   * @param isThere of which minutes, counted backwards, there is a reading
   */
  async runs(
    equipmentId: string,
    lastMinutesAgo: number,
    isThere: (minutesAgo: number) => boolean = () => true,
  ): Promise<void> {
    const now = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
    const minutes = Array.from({ length: 24 * 60 }, (_, index) => index + lastMinutesAgo);
    const readings = minutes.filter(isThere).map((ago) => ({
      equipmentId,
      timestamp: new Date(now - ago * MINUTE_MS).toISOString(),
      values: quantitiesAt(ago),
    }));
    const { status } = await this.api.post('/sensor-data/batch', readings);
    if (status !== 201) throw new Error(`batch: ${status}`);
    await eventually(
      async () => this.api.get('/equipment/overview', { search: equipmentId }),
      ({ body }) => body.items.some((item: any) => item.equipmentId === equipmentId),
    );
  }
}

/** A day's swing, a pump's ripple. */
function quantitiesAt(minutesAgo: number): Readonly<Record<string, number>> {
  const day = Math.sin((minutesAgo / 1440) * 2 * Math.PI);
  const ripple = Math.sin(minutesAgo / 7);
  return {
    temperature: Math.round((68 + 9 * day + ripple) * 100) / 100,
    pressure: Math.round((2.4 + 0.3 * day + 0.05 * ripple) * 1000) / 1000,
    flow: Math.round((42 + 5 * ripple) * 10) / 10,
  };
}
