import { at, listOf, textOf, type Json, type Resource, type StackTemplate } from './templates.ts';

/** What an AWS service is told to send somewhere, which only that place's policy can allow. */
interface Publication {
  /** The logical id of the topic, queue or bucket. */
  readonly to: string;
  readonly action: string;
  /** Matches the policy's principal. */
  readonly principal: RegExp;
}

type Find = (resource: Resource) => readonly Publication[];

const FINDERS: Readonly<Record<string, Find>> = {
  'AWS::CloudWatch::Alarm': ({ properties }) =>
    ['AlarmActions', 'OKActions', 'InsufficientDataActions'].flatMap((name) =>
      publications(properties[name], 'sns:Publish', /"cloudwatch\.amazonaws\.com"/),
    ),
  'AWS::S3::Bucket': ({ properties }) => [
    ...publications(
      listOf(at(properties, 'NotificationConfiguration.QueueConfigurations')).flatMap(
        (one) => at(one, 'Queue') ?? [],
      ),
      'sqs:SendMessage',
      /"s3\.amazonaws\.com"/,
    ),
    ...publications(
      at(properties, 'LoggingConfiguration.DestinationBucketName'),
      's3:PutObject',
      /"logging\.s3\.amazonaws\.com"/,
    ),
  ],
  'AWS::EC2::FlowLog': ({ properties }) =>
    publications(properties['LogDestination'], 's3:PutObject', /"delivery\.logs\.amazonaws\.com"/),
  // In older Regions by an account of AWS's own.
  'AWS::ElasticLoadBalancingV2::LoadBalancer': ({ properties }) =>
    publications(
      listOf(properties['LoadBalancerAttributes']).flatMap((one) =>
        at(one, 'Key') === 'access_logs.s3.bucket' ? (at(one, 'Value') ?? []) : [],
      ),
      's3:PutObject',
      /:root"|"logdelivery\.elasticloadbalancing\.amazonaws\.com"/,
    ),
};

/** Publishers whose messages no policy allows. */
export function refusedPublishers(stack: StackTemplate): readonly Resource[] {
  return stack.resources.filter((resource) =>
    (FINDERS[resource.type]?.(resource) ?? []).some(
      (publication) => !isAllowed(stack, publication),
    ),
  );
}

/** What the policies of a topic, queue or bucket say. */
export function statementsOn(stack: StackTemplate, id: string): readonly Json[] {
  return stack.resources
    .filter(({ type }) => /::(Topic|Queue|Bucket)Policy$/.test(type))
    .filter(({ properties }) =>
      ['Topics', 'Queues', 'Bucket'].flatMap((name) => idsIn(properties[name])).includes(id),
    )
    .flatMap(({ properties }) => listOf(at(properties, 'PolicyDocument.Statement')));
}

function isAllowed(stack: StackTemplate, { to, action, principal }: Publication): boolean {
  return statementsOn(stack, to).some(
    (statement) =>
      at(statement, 'Effect') === 'Allow' &&
      listOf(at(statement, 'Action')).map(textOf).includes(action) &&
      principal.test(JSON.stringify(at(statement, 'Principal'))),
  );
}

function publications(targets: Json, action: string, principal: RegExp): readonly Publication[] {
  return idsIn(targets).map((to) => ({ to, action, principal }));
}

/** The logical ids that a value refers to. */
function idsIn(value: Json): readonly string[] {
  const text = JSON.stringify(value ?? null);
  return [...text.matchAll(/"(?:Ref":|Fn::GetAtt":\[)"([^":]+)"/g)].map(([, id = '']) => id);
}
