import { describe, expect, it } from 'vitest';
import {
  at,
  DEV,
  listOf,
  PROD,
  regional,
  SMALL,
  synthesize,
  templatesOf,
} from './support/templates.ts';

const stack = regional(SMALL);

describe('the small environment', () => {
  it('is one Region with no gateway, no firewall and no dashboard', () => {
    expect(SMALL.regions).toHaveLength(1);
    for (const type of [
      'AWS::EC2::NatGateway',
      'AWS::WAFv2::WebACL',
      'AWS::CloudWatch::Dashboard',
      'AWS::Route53::HealthCheck',
    ]) {
      expect(stack.ofType(type)).toEqual([]);
    }
  });

  it('keeps what large ones keep: data, protection and alarms', () => {
    const names = (one: typeof stack) =>
      one.ofType('AWS::CloudWatch::Alarm').map(({ id }) => id.replace(/[0-9A-F]{8}$/, ''));

    expect(SMALL).toMatchObject({ keepsData: true, isProtected: true });
    expect(templatesOf(SMALL).protectedStacks).toEqual([...templatesOf(SMALL).stacks.keys()]);
    // Replicas can only be late where there are any.
    expect(names(stack)).toEqual(
      names(regional(PROD)).filter((id) => id !== 'alarmsreplicationlate'),
    );
  });

  it('has two tasks of a quarter of a processor, on ARM', () => {
    expect(stack.only('AWS::ECS::TaskDefinition').properties).toMatchObject({
      Cpu: '256',
      Memory: '1024',
      RuntimePlatform: { CpuArchitecture: 'ARM64' },
    });
    expect(stack.only('AWS::ApplicationAutoScaling::ScalableTarget').properties).toMatchObject({
      MinCapacity: 2,
    });
  });

  it('can be given a firewall', () => {
    const { stacks } = synthesize({ ...SMALL, firewall: true });

    expect(stacks.get(SMALL.regions[0])?.ofType('AWS::WAFv2::WebACL')).toHaveLength(1);
  });
});

describe('what an environment watches', () => {
  it.each([
    [DEV, 'disabled', 0],
    [PROD, 'enabled', 1],
  ] as const)('is as it says', (deployment, insights, dashboards) => {
    const settings = listOf(
      regional(deployment).only('AWS::ECS::Cluster').properties['ClusterSettings'],
    );

    expect(settings.map((one) => at(one, 'Value'))).toEqual([insights]);
    expect(regional(deployment).ofType('AWS::CloudWatch::Dashboard')).toHaveLength(dashboards);
  });

  it.each([
    [undefined, 'info'],
    ['warn', 'warn'],
  ] as const)('are requests, unless it says otherwise: %s', (logLevel, told) => {
    const { stacks } = synthesize({ ...DEV, ...(logLevel && { logLevel }) });
    const task = stacks.get(DEV.regions[0])?.only('AWS::ECS::TaskDefinition');

    expect(listOf(at(task?.properties, 'ContainerDefinitions.0.Environment'))).toContainEqual({
      Name: 'LOG_LEVEL',
      Value: told,
    });
  });
});
