/** What an implementation does not do as AWS does, and what this tier does about it. The run prints this list. */
export interface Gap {
  readonly of: 'ministack' | 'moto';
  readonly gap: string;
  readonly instead: string;
  /** The check in still_gaps.py that it is one still; left out where that would take long. */
  readonly check?: string;
}

/** What is taken out of the templates, because ministack cannot create it. */
export const LEFT_OUT = {
  types: [
    'AWS::ApplicationAutoScaling::ScalableTarget',
    'AWS::ApplicationAutoScaling::ScalingPolicy',
    'AWS::EC2::FlowLog',
    'AWS::EC2::SecurityGroupEgress',
    'AWS::EC2::SecurityGroupIngress',
  ],
  /** Alarms on more than one metric, and the dashboard that shows them. */
  metricMath: true,
};

export const GAPS: readonly Gap[] = [
  {
    of: 'ministack',
    gap: `CloudFormation knows no ${LEFT_OUT.types.map((type) => type.slice('AWS::'.length)).join(', ')}`,
    instead: 'left out of the regional template; infra:check holds them against the schemas',
    check: 'unknown_types',
  },
  {
    of: 'ministack',
    gap: 'CloudFormation creates no alarm on more than one metric',
    instead: 'left out of the regional template, with the dashboard that shows them',
    check: 'metric_math',
  },
  {
    of: 'ministack',
    gap: 'a user pool has no attribute ProviderURL',
    instead: 'https:// and ProviderName, which are the same',
    check: 'provider_url',
  },
  {
    of: 'ministack',
    gap: 'a task definition made by CloudFormation loses the sources of its secrets',
    instead: "the API is given the secret's value, read by its name",
    check: 'container_secrets',
  },
  {
    of: 'ministack',
    gap: 'the ECS service says that its task runs, and runs none without Docker',
    instead:
      "the built API runs as a process, with its task's variables and its role's credentials",
  },
  {
    of: 'ministack',
    gap: 'user names keep their case, whatever the pool says',
    instead: 'logins use the name as it was created',
    check: 'user_name_case',
  },
  {
    of: 'ministack',
    gap: 'an event source mapping reads its stream without the permissions of the role',
    instead: 'infra:check holds them: infra/test/least-privilege.spec.ts',
  },
  {
    of: 'ministack',
    gap: 'an event source mapping gives up a stream batch to queues and topics only, never to a bucket',
    instead: 'no batch is given up here; the embedded stack tests it',
  },
  {
    of: 'ministack',
    gap: "functions run on this machine's processor, on the Node.js of the tests, and no memory size limits them",
    instead: 'test/faults/import-memory.spec.ts holds the memory',
  },
  {
    of: 'ministack',
    gap: "AWS's own host names lead nowhere here, and the example's hosted zone does not exist",
    instead:
      "AWS_ENDPOINT_URL, the keys' address and the token address name ministack; a zone is made",
  },
  {
    of: 'moto',
    gap: 'a conditional write is not atomic: two at a time can both succeed',
    instead: 'it gets one request at a time; ministack gets them side by side',
  },
  {
    of: 'moto',
    gap: 'a condition that is broken over lines is an error',
    instead: 'every condition of ours stands in one line',
  },
  {
    of: 'moto',
    gap: 'it checks no signatures and no policies',
    instead: 'ministack checks them',
  },
];
