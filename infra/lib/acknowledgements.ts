import { Stack, Validations, type App } from 'aws-cdk-lib';

/** Every finding of cdk-nag that stays, and why. A test fails when one is no longer needed. */
export interface Acknowledgement {
  /** Stack (`region` for that of each Region) and construct, as cdk-nag prints them. */
  readonly construct: string;
  /** Rule, and the finding in brackets where a rule has several. */
  readonly findings: readonly string[];
  readonly reason: string;
}

const UPLOADS = '<uploadsC5D9E923.Arn>';
const DISCARDED = '<aggregatordiscarded651D54D5.Arn>';

/** Of whichever Region and environment. */
const LIVE_QUEUES = 'arn:aws:sqs:<region>:<AWS::AccountId>:sensorflow-<environment>-live-*';

export const ACKNOWLEDGEMENTS: readonly Acknowledgement[] = [
  {
    construct: 'identity/user-pool',
    findings: ['COG8'],
    reason: 'The Plus plan costs per user; logins are throttled by the API, across its processes.',
  },
  {
    construct: 'identity/user-pool',
    findings: ['COG2'],
    reason:
      'POST /auth/login has no second step: it answers mfa-required, and nobody could log in.',
  },
  {
    construct: 'identity/web-client(-\\d+)?-secret',
    findings: ['SMG4'],
    reason: 'Cognito makes this secret; a new one means a new client, which is a deployment.',
  },
  {
    construct: 'region/importer/csv-importer/role/DefaultPolicy',
    findings: [`IAM5[Resource::${UPLOADS}/uploads/*]`, `IAM5[Resource::${UPLOADS}/reports/*]`],
    reason: 'Uploads and reports are named by ids that are made while it runs.',
  },
  {
    construct: 'region/api/task-role/DefaultPolicy',
    findings: [`IAM5[Resource::${UPLOADS}/uploads/*]`, `IAM5[Resource::${UPLOADS}/reports/*]`],
    reason: 'Uploads and reports are named by ids that are made while it runs.',
  },
  {
    construct: 'region/api/task-role/DefaultPolicy',
    findings: [`IAM5[Resource::${LIVE_QUEUES}]`],
    reason: 'Each process makes a queue of its own, under a name that is made while it runs.',
  },
  {
    construct: 'region/api/task-role/DefaultPolicy',
    findings: ['IAM5[Resource::*]'],
    reason: 'sqs:ListQueues and sns:Unsubscribe know no resource.',
  },
  {
    construct: 'region/aggregator/stream-aggregator/role/DefaultPolicy',
    findings: [`IAM5[Resource::${DISCARDED}/*]`],
    reason: 'Lambda names the objects in which it keeps what a function gave up.',
  },
  {
    construct: 'region/live/live-publisher/role/DefaultPolicy',
    findings: [`IAM5[Resource::${DISCARDED}/*]`],
    reason: 'Lambda names the objects in which it keeps what a function gave up.',
  },
  {
    construct: 'region/api/task/ExecutionRole/DefaultPolicy',
    findings: ['IAM5[Resource::*]'],
    reason: 'ecr:GetAuthorizationToken knows no resource.',
  },
  {
    construct: 'delivery/deploy-dev/DefaultPolicy',
    findings: ['IAM5[Resource::*]'],
    reason: 'ecr:GetAuthorizationToken knows no resource.',
  },
  {
    construct: 'region/aggregator/discarded-notices',
    findings: ['SQS3'],
    reason: 'People read it, no function: its messages are the list of what to replay.',
  },
  {
    construct: 'region/load-balancer/security-group',
    findings: ['EC23'],
    reason: 'The API is public; only HTTPS, and HTTP to be redirected.',
  },
  {
    construct: 'region/api/cluster',
    findings: ['ECS4'],
    reason:
      'An environment may do without Container Insights, for $7.50 a month: alarms are made of free metrics.',
  },
  {
    construct: 'region/api/task',
    findings: ['ECS2'],
    reason: 'The variables hold names and numbers; the secret comes from Secrets Manager.',
  },
];

export function acknowledgeFindings(app: App): void {
  const pattern = (construct: string) =>
    new RegExp(`^${construct.replace(/^region\//, '[a-z]+-[a-z]+-\\d/')}$`);
  for (const { construct, findings, reason } of ACKNOWLEDGEMENTS) {
    const path = pattern(construct);
    for (const one of app.node.findAll().filter(({ node }) => path.test(node.path))) {
      for (const finding of findings) {
        const id = `AwsSolutions::AwsSolutions-${inStack(finding, Stack.of(one))}`;
        Validations.of(one).acknowledge({ id, reason });
      }
    }
  }
}

/** A stack is called sensorflow-<environment>-<region>. */
function inStack(finding: string, { region, stackName }: Stack): string {
  const environment = stackName.slice('sensorflow-'.length, -`-${region}`.length);
  return finding.replace('<region>', region).replace('<environment>', environment);
}
