import { hostname, networkInterfaces, type NetworkInterfaceInfo } from 'node:os';

/** How others can name this machine. */
export interface MachineNames {
  /** The host name, as it is and by multicast DNS, and localhost. */
  readonly dns: readonly string[];
  /** IPv4: first those that others can reach, loopback last. */
  readonly addresses: readonly string[];
}

const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;
const LOOPBACK = '127.0.0.1';
/** Networks within this machine, of containers and virtual machines, and tunnels. */
const VIRTUAL = /^(?:docker|br-|veth|virbr|lxc|cni|flannel|tun|wg)/;

/** As it is now: a network can come and go. */
export function machineNames(): MachineNames {
  return namesOf(hostname(), networkInterfaces());
}

type Addresses = readonly Pick<NetworkInterfaceInfo, 'address' | 'family' | 'internal'>[];

/** @param interfaces by their names */
export function namesOf(
  host: string,
  interfaces: Readonly<Record<string, Addresses | undefined>>,
): MachineNames {
  const addresses = Object.entries(interfaces)
    .toSorted(([a], [b]) => Number(VIRTUAL.test(a)) - Number(VIRTUAL.test(b)))
    .flatMap(([, some]) => some ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
  return {
    dns: [...new Set([...hostNames(host.toLowerCase()), 'localhost'])],
    addresses: [...new Set([...addresses, LOOPBACK])],
  };
}

/** None where the host name is no name of DNS, such as one with an underscore. */
function hostNames(host: string): readonly string[] {
  if (host.length > 200 || !host.split('.').every((label) => LABEL.test(label))) return [];
  return host.includes('.') ? [host] : [host, `${host}.local`];
}

/** Whether others can come by it. */
export function isOfNetwork(name: string): boolean {
  return name !== LOOPBACK && name !== 'localhost';
}
