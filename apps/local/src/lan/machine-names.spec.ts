import { describe, expect, it } from 'vitest';
import { isOfNetwork, namesOf } from './machine-names.js';

const INTERFACES = {
  lo: [{ address: '127.0.0.1', family: 'IPv4', internal: true }],
  eth0: [
    { address: '192.168.4.20', family: 'IPv4', internal: false },
    { address: 'fe80::1', family: 'IPv6', internal: false },
  ],
  eth1: [{ address: '10.1.2.3', family: 'IPv4', internal: false }],
} as const;

function at(address: string) {
  return [{ address, family: 'IPv4', internal: false }] as const;
}

describe('the names of a machine', () => {
  it('are its IPv4 addresses, and its host name as it is and by multicast DNS', () => {
    expect(namesOf('Plant-PC', INTERFACES)).toEqual({
      dns: ['plant-pc', 'plant-pc.local', 'localhost'],
      addresses: ['192.168.4.20', '10.1.2.3', '127.0.0.1'],
    });
  });

  it('are those of a domain alone where the host name is in one', () => {
    expect(namesOf('pc.plant.example', {}).dns).toEqual(['pc.plant.example', 'localhost']);
  });

  it.each(['', 'plant_pc', 'plant pc', '-pc', 'pc-', 'pc..local', 'x'.repeat(64)])(
    'leave out a host name that is none of DNS: "%s"',
    (host) => {
      expect(namesOf(host, {})).toEqual({ dns: ['localhost'], addresses: ['127.0.0.1'] });
    },
  );

  it.each([
    'docker0',
    'br-5f1c2d8e7a34',
    'veth12ab',
    'virbr0',
    'lxcbr0',
    'cni0',
    'flannel.1',
    'tun0',
    'wg0',
  ])('name the address of %s behind those that others can reach', (name) => {
    const interfaces = { [name]: at('172.17.0.1'), br0: at('192.168.4.20'), wlan0: at('10.1.2.3') };

    expect(namesOf('plant-pc', interfaces).addresses).toEqual([
      '192.168.4.20',
      '10.1.2.3',
      '172.17.0.1',
      '127.0.0.1',
    ]);
  });

  it('are of the network but for those of loopback', () => {
    const { dns, addresses } = namesOf('plant-pc', INTERFACES);

    expect([...addresses, ...dns].filter(isOfNetwork)).toEqual([
      '192.168.4.20',
      '10.1.2.3',
      'plant-pc',
      'plant-pc.local',
    ]);
  });
});
