import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LOGINS_PER_ADDRESS } from '../lib/regional/firewall.ts';
import { shown } from './support/policies.ts';
import { statementsOn } from './support/publishers.ts';
import { at, ENVIRONMENTS, DEV, listOf, PROD, regional, type Json } from './support/templates.ts';

/** What is open, and to whom. */

const EVERY_REGION = ENVIRONMENTS.flatMap((deployment) =>
  deployment.regions.map(
    (region) => [`${deployment.name} ${region}`, regional(deployment, region)] as const,
  ),
);

describe.each(EVERY_REGION)('the load balancer in %s', (_name, stack) => {
  const balancer = stack.only('AWS::ElasticLoadBalancingV2::LoadBalancer').properties;
  const listeners = stack
    .ofType('AWS::ElasticLoadBalancingV2::Listener')
    .map(({ properties }) => properties);

  it('serves by HTTPS, and redirects HTTP to it', () => {
    const actions = listeners.map((one) => [Number(one['Port']), at(one, 'DefaultActions.0.Type')]);

    expect(Object.fromEntries(actions)).toEqual({ 443: 'forward', 80: 'redirect' });
    const redirect = listeners.find((one) => one['Port'] === 80);
    expect(at(redirect, 'DefaultActions.0.RedirectConfig')).toEqual({
      Port: '443',
      Protocol: 'HTTPS',
      StatusCode: 'HTTP_301',
    });
  });

  it('lets no header pass that servers might read differently', () => {
    expect(listOf(balancer['LoadBalancerAttributes'])).toEqual(
      expect.arrayContaining([
        { Key: 'routing.http.drop_invalid_header_fields.enabled', Value: 'true' },
        { Key: 'routing.http.desync_mitigation_mode', Value: 'defensive' },
      ]),
    );
  });

  it('sends requests to tasks that live; whether they are ready is what they wait for themselves', () => {
    expect(stack.only('AWS::ElasticLoadBalancingV2::TargetGroup').properties).toMatchObject({
      HealthCheckPath: '/health/live',
      Matcher: { HttpCode: '200' },
    });
  });
});

describe.each(EVERY_REGION)('the tasks in %s', (_name, stack) => {
  const group = stack.only('AWS::EC2::SecurityGroup', 'apisecuritygroup');

  it('call out by HTTPS alone', () => {
    expect(listOf(group.properties['SecurityGroupEgress']).map(portsOf)).toEqual([[443, 443]]);
  });

  it('are called by the load balancer alone', () => {
    const ingress = stack
      .ofType('AWS::EC2::SecurityGroupIngress')
      .map(({ properties }) => properties)
      .filter(({ GroupId }) => JSON.stringify(GroupId).includes(group.id));

    expect(group.properties['SecurityGroupIngress']).toBeUndefined();
    expect(ingress.map(portsOf)).toEqual([[3000, 3000]]);
    expect(JSON.stringify(at(ingress[0], 'SourceSecurityGroupId'))).toContain('loadbalancer');
  });
});

describe.each(EVERY_REGION)('the queues in %s', (_name, stack) => {
  it('take messages from the buckets of their own account alone', () => {
    const senders = stack
      .ofType('AWS::SQS::QueuePolicy')
      .flatMap(({ properties }) => listOf(at(properties, 'PolicyDocument.Statement')))
      .filter((one) => at(one, 'Effect') === 'Allow');

    expect(senders).toHaveLength(2);
    for (const sender of senders) {
      expect(sender).toMatchObject({
        Action: 'sqs:SendMessage',
        Principal: { Service: 's3.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      });
    }
  });
});

describe.each(EVERY_REGION)('the topic of alarms in %s', (_name, stack) => {
  const topic = stack.only('AWS::SNS::Topic', 'alarms');
  const allowed = statementsOn(stack, topic.id).filter((one) => at(one, 'Effect') === 'Allow');

  it('takes messages from the alarms of its own account and Region alone', () => {
    expect(allowed).toHaveLength(1);
    expect(allowed[0]).toMatchObject({
      Action: 'sns:Publish',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Resource: { Ref: topic.id },
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    });
    expect(shown(at(allowed[0], 'Condition.ArnLike.aws:SourceArn'))).toMatch(
      /^arn:aws:cloudwatch:[a-z0-9-]+:<AWS::AccountId>:alarm:\*$/,
    );
  });
});

describe('prod', () => {
  it.each(PROD.regions)('tells a person of every alarm in %s', (region) => {
    const stack = regional(PROD, region);

    expect(stack.only('AWS::SNS::Subscription').properties).toMatchObject({
      Protocol: 'email',
      Endpoint: PROD.alarmEmail,
      TopicArn: { Ref: stack.only('AWS::SNS::Topic', 'alarms').id },
    });
  });

  it.each(PROD.regions)('stops floods of logins in %s before they cost anything', (region) => {
    const stack = regional(PROD, region);
    const [floods] = listOf(stack.only('AWS::WAFv2::WebACL').properties['Rules']);
    const limit = at(floods, 'Statement.RateBasedStatement');

    expect(at(floods, 'Action')).toEqual({ Block: {} });
    expect(limit).toMatchObject({ AggregateKeyType: 'IP', Limit: 3000, EvaluationWindowSec: 300 });
    const paths = listOf(at(limit, 'ScopeDownStatement.OrStatement.Statements')).map((path) =>
      at(path, 'ByteMatchStatement.SearchString'),
    );
    expect(paths).toEqual(['/auth/login', '/auth/password']);
    const association = stack.only('AWS::WAFv2::WebACLAssociation').properties;
    expect(association['ResourceArn']).toEqual({
      Ref: stack.only('AWS::ElasticLoadBalancingV2::LoadBalancer').id,
    });
  });

  it('lets as many people behind one address log in as the page on limits says', () => {
    const limits = readFileSync(join(import.meta.dirname, '../../docs/limits.md'), 'utf8');
    const number = LOGINS_PER_ADDRESS.toLocaleString('en');

    expect(limits).toMatch(new RegExp(`\\| logins from one address +\\| ${number} in 5 minutes`));
  });

  it.each(PROD.regions)('cannot lose its load balancer in %s by accident; dev can', (region) => {
    const protection = (stack: typeof PROD, where: string = region) =>
      listOf(
        regional(stack, where).only('AWS::ElasticLoadBalancingV2::LoadBalancer').properties[
          'LoadBalancerAttributes'
        ],
      ).find((one) => at(one, 'Key') === 'deletion_protection.enabled');

    expect(at(protection(PROD), 'Value')).toBe('true');
    expect(at(protection(DEV, DEV.regions[0]), 'Value')).toBe('false');
  });
});

function portsOf(rule: Json): readonly Json[] {
  return [at(rule, 'FromPort'), at(rule, 'ToPort')];
}
