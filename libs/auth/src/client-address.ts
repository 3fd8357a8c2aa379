const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const UNKNOWN = 'unknown';

/**
 * What counts as one client: an IPv4 address, or a /64 of IPv6, because a household or server has all the
 * addresses of its /64 at will. A header that names no address is one client, whatever it says and how long.
 */
export function clientNetwork(address: string): string {
  return networkOf(address, { ipv4Octets: 4, ipv6Groups: 4 });
}

/**
 * The smallest network that is routed by itself: a /24, or a /48 of IPv6. Whoever rents a server or a
 * tunnel can have all the addresses of one at will; to have many of these is dear.
 */
export function routablePrefix(address: string): string {
  return networkOf(address, { ipv4Octets: 3, ipv6Groups: 3 });
}

interface PrefixLength {
  readonly ipv4Octets: number;
  readonly ipv6Groups: number;
}

function networkOf(address: string, length: PrefixLength): string {
  const [plain = ''] = address.split('%', 1);
  if (!plain.includes(':')) return IPV4.test(plain) ? ipv4Network(plain, length) : UNKNOWN;
  const groups = ipv6Groups(plain);
  if (!groups) return UNKNOWN;
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return ipv4Network(ipv4From(groups[6] ?? 0, groups[7] ?? 0), length);
  const prefix = groups.slice(0, length.ipv6Groups).map((group) => group.toString(16));
  return `${prefix.join(':')}::/${length.ipv6Groups * 16}`;
}

function ipv4Network(address: string, { ipv4Octets }: PrefixLength): string {
  const octets = address.split('.');
  if (ipv4Octets === 4) return address;
  return `${octets.slice(0, ipv4Octets).join('.')}.0/${ipv4Octets * 8}`;
}

/** The eight groups; URL knows every way to write an IPv6 address. */
function ipv6Groups(address: string): readonly number[] | undefined {
  if (!URL.canParse(`http://[${address}]/`)) return undefined;
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const left = groupsOf(head);
  const right = groupsOf(tail ?? '');
  const zeros = Array<number>(8 - left.length - right.length).fill(0);
  return [...left, ...zeros, ...right];
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

function ipv4From(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
