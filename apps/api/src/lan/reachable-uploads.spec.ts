import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReachableOrigin } from './reachable-origin.js';
import { showReachableUploads } from './reachable-uploads.js';

const S3 = 'http://127.0.0.1:4566';
const URL = `${S3}/uploads/1.csv?X-Amz-Signature=a`;
const REACHABLE = 'https://plant-pc.local:3443/uploads/1.csv?X-Amz-Signature=a';

let server: FastifyInstance;

beforeEach(() => {
  server = fastify();
  const certificate = { speaksFor: (host: string) => host === 'plant-pc.local' };
  showReachableUploads(server, S3, new ReachableOrigin(certificate, '10.1.2.3', 3443));
});

afterEach(() => server.close());

async function shown(path: string, view: object): Promise<unknown> {
  server.get(path, () => view);
  const answer = await server.inject({ url: path, headers: { host: 'plant-pc.local:3443' } });
  return answer.json();
}

describe('an import that is shown on a network', () => {
  it('names the address of the API where it would name S3', async () => {
    const view = { uploadId: '1', url: URL, curl: `curl -T 'a.csv' '${URL}'`, statusUrl: '/x' };

    expect(await shown('/sensor-data/upload-csv', view)).toEqual({
      ...view,
      url: REACHABLE,
      curl: `curl -T 'a.csv' '${REACHABLE}'`,
    });
  });

  it('does so in lists', async () => {
    const items = [{ errorReportUrl: URL }, { errorReportUrl: null }];

    expect(await shown('/sensor-data/uploads', { items, nextCursor: null })).toEqual({
      items: [{ errorReportUrl: REACHABLE }, { errorReportUrl: null }],
      nextCursor: null,
    });
  });

  it('keeps the name of a file as it is, whatever it contains', async () => {
    const view = { fileName: `${S3}/.csv`, curl: `curl -T '${S3}/.csv' '${URL}'` };

    expect(await shown('/sensor-data/upload-csv', view)).toEqual({
      fileName: `${S3}/.csv`,
      curl: `curl -T '${S3}/.csv' '${REACHABLE}'`,
    });
  });

  it('is the only answer that is changed', async () => {
    expect(await shown('/equipment', { url: URL })).toEqual({ url: URL });
  });
});
