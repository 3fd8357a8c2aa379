import type { SinkCounts } from './sink/sink-counters.ts';
import type { SinkSettings } from './sink/sink-settings.ts';

/** Asks the sink's own routes. */
export class SinkClient {
  private readonly url: string;
  constructor(url: string) {
    this.url = url;
  }

  async counts(): Promise<SinkCounts> {
    return (await this.ask('counts')) as SinkCounts;
  }

  async reset(): Promise<void> {
    await this.ask('reset', {});
  }

  async change(settings: Partial<SinkSettings>): Promise<void> {
    await this.ask('settings', settings);
  }

  /** Puts an item where GetItem and UpdateItem find it. */
  async hold(table: string, item: object): Promise<void> {
    await this.ask('item', { table, item });
  }

  /** What was written, while it was told to keep items. */
  async items(): Promise<readonly object[]> {
    return (await this.ask('items')) as readonly object[];
  }

  /** An item that updates work on, as DynamoDB's GetItem shows it. */
  async find(table: string, key: object): Promise<unknown> {
    const response = await fetch(this.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'DynamoDB_20120810.GetItem' },
      body: JSON.stringify({ TableName: table, Key: key }),
    });
    const { Item: item } = (await response.json()) as { Item?: unknown };
    return item;
  }

  private async ask(route: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.url}/control/${route}`, {
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`the sink refused ${route}: ${await response.text()}`);
    return response.json();
  }
}
