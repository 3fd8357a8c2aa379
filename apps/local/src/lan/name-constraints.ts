import { isIPv4 } from 'node:net';
import type { MachineNames } from './machine-names.js';

/** What no router of the Internet passes on, as address and length of prefix. */
const PRIVATE_NETWORKS: readonly (readonly [string, number])[] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
];

/** The names that an authority can vouch for: whoever trusts it trusts it for nothing else. */
export interface PermittedNames {
  readonly dns: readonly string[];
  /** Beside all private ones. */
  readonly addresses: readonly string[];
}

export function permittedFor({ dns, addresses }: MachineNames): PermittedNames {
  return { dns, addresses: addresses.filter((address) => !isPrivate(address)) };
}

export function permits(permitted: PermittedNames, { dns, addresses }: MachineNames): boolean {
  return (
    dns.every((name) => permitted.dns.includes(name)) &&
    addresses.every((address) => isPrivate(address) || permitted.addresses.includes(address))
  );
}

function isPrivate(address: string): boolean {
  const bits = bitsOf(address);
  return PRIVATE_NETWORKS.some(([network, length]) =>
    bits.startsWith(bitsOf(network).slice(0, length)),
  );
}

function bitsOf(address: string): string {
  if (!isIPv4(address)) throw new TypeError(`no IPv4 address: ${address}`);
  return bytesOf(address)
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
}

function bytesOf(address: string): readonly number[] {
  return address.split('.').map(Number);
}

const SEQUENCE = 0x30;
const PERMITTED_SUBTREES = 0xa0;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

/** The value of the extension 2.5.29.30 in DER (RFC 5280, section 4.2.1.10). */
export function nameConstraints({ dns, addresses }: PermittedNames): Buffer {
  const networks = [...PRIVATE_NETWORKS, ...addresses.map((address) => [address, 32] as const)];
  return node(
    SEQUENCE,
    node(
      PERMITTED_SUBTREES,
      ...dns.map((name) => node(SEQUENCE, node(DNS_NAME, Buffer.from(name, 'ascii')))),
      ...networks.map(([address, length]) =>
        node(SEQUENCE, node(IP_ADDRESS, Buffer.from([...bytesOf(address), ...maskOf(length)]))),
      ),
    ),
  );
}

function maskOf(length: number): readonly number[] {
  return [0, 8, 16, 24].map((before) => {
    const ones = Math.min(8, Math.max(0, length - before));
    return 0xff & (0xff << (8 - ones));
  });
}

/** A tag, a length of at most two bytes, and the parts. */
function node(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const header = length < 128 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), content]);
}
