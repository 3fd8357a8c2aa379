const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const UNKNOWN = 'unknown';

/**
 * What counts as one client: an IPv4 address, or a /64 of IPv6, because a household or server has all the
 * addresses of its /64 at will. A header that names no address is one client, whatever it says and how long.
 */
export function clientNetwork(address: string): string {
  const [plain = ''] = address.split('%', 1);
  if (!plain.includes(':')) return IPV4.test(plain) ? plain : UNKNOWN;
  const groups = ipv6Groups(plain);
  if (!groups) return UNKNOWN;
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return ipv4From(groups[6] ?? 0, groups[7] ?? 0);
  const prefix = groups.slice(0, 4).map((group) => group.toString(16));
  return `${prefix.join(':')}::/64`;
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
