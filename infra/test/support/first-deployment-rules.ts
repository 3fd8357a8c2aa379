import { shown } from './policies.ts';
import { refusedPublishers } from './publishers.ts';
import type { Rule } from './rule.ts';
import {
  at,
  listOf,
  textOf,
  type Json,
  type JsonObject,
  type Resource,
  type StackTemplate,
} from './templates.ts';

/** What no check of templates notices, and what lets a first deployment fail or its alarms go unheard. */
export const FIRST_DEPLOYMENT_RULES: Readonly<Record<string, Rule>> = {
  // Secrets Manager takes a partial ARN that ends so for a complete one, and denies access.
  'no secret is named like a complete ARN': (stack) =>
    stack.resources.filter(namesAmbiguousSecret).map(({ id }) => id),
  // A policy of its own replaces the default, which lets the owner's services publish.
  'services may publish where they are told to': (stack) =>
    refusedPublishers(stack).map(({ id }) => id),
  // The next deployment could not create it again.
  'what has a fixed name does not survive a rolled back creation': (stack) =>
    stack.resources
      .filter(({ document }) => document['DeletionPolicy'] === 'Retain')
      .filter(({ properties }) => Object.keys(properties).some((key) => key.endsWith('Name')))
      .map(({ id }) => id),
  // Cognito refuses such a client.
  'no token outlives the refresh token': (stack) =>
    stack
      .ofType('AWS::Cognito::UserPoolClient')
      .filter(({ properties }) => {
        const [refresh = 0, ...others] = ['Refresh', 'Access', 'Id'].map((kind) =>
          validityMinutes(properties, kind),
        );
        return others.some((minutes) => minutes > refresh);
      })
      .map(({ id }) => id),
  // Or trouble of a dependency, which no new task cures, replaces the whole fleet.
  'tasks are replaced only when they are dead': (stack) =>
    stack
      .ofType('AWS::ElasticLoadBalancingV2::TargetGroup')
      .filter(({ properties }) => properties['HealthCheckPath'] !== '/health/live')
      .map(({ id }) => id),
  // Or the first ones stop before they start, and ECS gives the deployment up.
  'tasks wait for their rights and their way to AWS': (stack) =>
    stack
      .ofType('AWS::ECS::Service')
      .filter(({ document, properties }) => {
        const awaited = listOf(document['DependsOn']);
        return neededByTasks(stack, properties).some((id) => !awaited.includes(id));
      })
      .map(({ id }) => id),
};

const AMBIGUOUS_NAME = /-[^-]{6}$/;
const MINUTES: Readonly<Record<string, number>> = {
  seconds: 1 / 60,
  minutes: 1,
  hours: 60,
  days: 1440,
};

function namesAmbiguousSecret({ type, properties }: Resource): boolean {
  const own = type === 'AWS::SecretsManager::Secret' ? [textOf(properties['Name'])] : [];
  const named = textsIn(properties).flatMap((text) => {
    const match = /:secret:([^:]+)/.exec(text);
    // In a policy, question marks stand for the suffix of the complete ARN.
    return match?.[1] === undefined ? [] : [match[1].replace(/-\?{6}$/, '')];
  });
  return [...own, ...named].some((name) => AMBIGUOUS_NAME.test(name));
}

/** Policies of the role that fetches image and secret, endpoints, and the routes of the service's subnets. */
function neededByTasks(stack: StackTemplate, service: JsonObject): readonly string[] {
  const task = stack.resources.find(({ id }) => id === at(service, 'TaskDefinition.Ref'));
  const role = at(task?.properties, 'ExecutionRoleArn.Fn::GetAtt.0');
  const subnets = refs(at(service, 'NetworkConfiguration.AwsvpcConfiguration.Subnets'));
  const routeTables = new Set(
    stack
      .ofType('AWS::EC2::SubnetRouteTableAssociation')
      .filter(({ properties }) => subnets.includes(at(properties, 'SubnetId.Ref')))
      .map(({ properties }) => at(properties, 'RouteTableId.Ref')),
  );
  const needed = [
    ...stack
      .ofType('AWS::IAM::Policy')
      .filter(({ properties }) => refs(properties['Roles']).includes(role)),
    ...stack
      .ofType('AWS::EC2::Route')
      .filter(({ properties }) => routeTables.has(at(properties, 'RouteTableId.Ref'))),
    ...stack.ofType('AWS::EC2::VPCEndpoint'),
  ];
  return needed.map(({ id }) => id);
}

function refs(value: Json): readonly Json[] {
  return listOf(value).map((one) => at(one, 'Ref'));
}

function validityMinutes(properties: JsonObject, kind: string): number {
  const unit = textOf(at(properties, `TokenValidityUnits.${kind}Token`));
  return Number(properties[`${kind}TokenValidity`]) * (MINUTES[unit] ?? Number.NaN);
}

/** Every text of a value, joined ones in one piece. */
function textsIn(value: Json): readonly string[] {
  if (typeof value !== 'object' || value === null) return [textOf(value ?? '')];
  if (at(value, 'Fn::Join') !== undefined) return [shown(value)];
  return Object.values(value).flatMap((one: Json) => textsIn(one));
}
