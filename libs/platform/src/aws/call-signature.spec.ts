import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallSigner, type SigningCredentials } from './call-signature.js';

const REGION = 'eu-central-1';

/** As the SDK's own signer signs a request with these headers. */
async function sdkAuthorization(
  url: URL,
  credentials: SigningCredentials,
  headers: Readonly<Record<string, string>>,
  body: string,
  signingDate: Date,
): Promise<string | undefined> {
  const client = new DynamoDBClient({ region: REGION, credentials });
  const signer = await client.config.signer();
  const { hostname, pathname: path, protocol, host } = url;
  const { authorization: _ours, ...unsigned } = headers;
  const signed = await signer.sign(
    {
      method: 'POST',
      protocol,
      hostname,
      path,
      query: {},
      headers: { ...unsigned, host },
      body,
    },
    { signingDate },
  );
  return signed.headers['authorization'];
}

const urls = fc
  .tuple(fc.constantFrom('http', 'https'), fc.constantFrom('', ':8000'), fc.webPath())
  .map(([scheme, port, path]) => new URL(`${scheme}://dynamodb.example.com${port}${path}`));
const secrets = fc.string({ minLength: 1, unit: 'binary-ascii' });
const credentialsOfAll = fc.record(
  {
    accessKeyId: fc.stringMatching(/^[A-Z0-9]{1,20}$/),
    secretAccessKey: secrets,
    sessionToken: fc.stringMatching(/^[A-Za-z0-9+/=]{1,40}$/),
  },
  { requiredKeys: ['accessKeyId', 'secretAccessKey'] },
);

describe('the signature of a call', () => {
  it("is that of the SDK's signer", async () => {
    const instants = fc.array(fc.date({ min: new Date(0), max: new Date('2100-01-01') }), {
      minLength: 1,
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(
        urls,
        credentialsOfAll,
        fc.string({ unit: 'grapheme' }),
        instants,
        async (url, credentials, body, dates) => {
          fc.pre(dates.every((date) => !Number.isNaN(date.getTime())));
          const signer = new CallSigner({ url, region: REGION, service: 'dynamodb' }, credentials);
          for (const date of dates) {
            const list = signer.headers(
              'DynamoDB_20120810.PutItem',
              Buffer.from(body),
              date.getTime(),
            );
            const headers = pairsOf(list);

            const expected = await sdkAuthorization(url, credentials, headers, body, date);

            expect(headers['authorization']).toBe(expected);
            expect(headers['x-amz-security-token']).toBe(credentials.sessionToken);
          }
        },
      ),
    );
  });
});

function pairsOf(list: readonly string[]): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (let index = 0; index < list.length; index += 2) {
    pairs[list[index] ?? ''] = list[index + 1] ?? '';
  }
  return pairs;
}
