import { generateKeyPairSync, sign } from 'node:crypto';

const OBJECT_ID = 0x06;
const SEQUENCE = 0x30;
const ECDSA_WITH_SHA256 = node(SEQUENCE, node(OBJECT_ID, '2a8648ce3d040302'));

/** A key and a self-signed certificate for `localhost`, valid today: PEM. */
export function selfSignedCertificate(): { readonly key: string; readonly cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const body = node(
    SEQUENCE,
    node(0xa0, node(0x02, '02')),
    node(0x02, '01'),
    ECDSA_WITH_SHA256,
    commonName(),
    node(SEQUENCE, utcTime(-1), utcTime(1)),
    commonName(),
    spki,
    node(0xa3, node(SEQUENCE, alternativeName())),
  );
  const signature = sign('sha256', body, privateKey);
  const der = node(SEQUENCE, body, ECDSA_WITH_SHA256, node(0x03, '00', signature));
  const cert = `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert };
}

function commonName(): Buffer {
  const name = node(SEQUENCE, node(OBJECT_ID, '550403'), node(0x0c, Buffer.from('localhost')));
  return node(SEQUENCE, node(0x31, name));
}

function alternativeName(): Buffer {
  const names = node(SEQUENCE, node(0x82, Buffer.from('localhost')));
  return node(SEQUENCE, node(OBJECT_ID, '551d11'), node(0x04, names));
}

function utcTime(inDays: number): Buffer {
  const iso = new Date(Date.now() + inDays * 86_400_000).toISOString();
  return node(0x17, Buffer.from(`${iso.slice(2, 19).replace(/\D/g, '')}Z`));
}

/** ASN.1 in DER: a tag, a length, and the parts, which are bytes or hexadecimal digits. */
function node(tag: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'hex') : part)),
  );
  const { length } = content;
  const header = length < 128 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), content]);
}
