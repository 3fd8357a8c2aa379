import { listOfObjects, objectIn, type Fault } from './faults.ts';
import { PROD } from './templates.ts';

const REGION = PROD.regions[0];

/** Each was in a template once, and the validator said nothing of it. */
export const FIRST_DEPLOYMENT_FAULTS: Readonly<Record<string, Fault>> = {
  'a secret whose name ends like a complete ARN': {
    rule: 'no secret is named like a complete ARN',
    stack: 'identity',
    type: 'AWS::SecretsManager::Secret',
    plant: (properties) => (properties['Name'] = 'sensorflow-prod/web-client-secret'),
  },
  'a container that asks for such a secret': {
    rule: 'no secret is named like a complete ARN',
    stack: REGION,
    type: 'AWS::ECS::TaskDefinition',
    plant: (properties) => {
      const [container] = listOfObjects(properties['ContainerDefinitions']);
      const [secret] = listOfObjects(container?.['Secrets']);
      if (secret === undefined) throw new Error('no secret');
      secret['ValueFrom'] = {
        'Fn::Join': [
          '',
          ['arn:aws:secretsmanager:eu-central-1:', { Ref: 'AWS::AccountId' }, ':secret:a-client'],
        ],
      };
    },
  },
  'a topic that takes nothing from CloudWatch': {
    rule: 'services may publish where they are told to',
    stack: REGION,
    type: 'AWS::SNS::TopicPolicy',
    idPart: 'alarmstopic',
    plant: withoutAllowing('cloudwatch.amazonaws.com'),
  },
  'a queue that takes nothing from S3': {
    rule: 'services may publish where they are told to',
    stack: REGION,
    type: 'AWS::SQS::QueuePolicy',
    idPart: 'importerqueuePolicy',
    plant: withoutAllowing('s3.amazonaws.com'),
  },
  'a bucket that takes no access logs of buckets': {
    rule: 'services may publish where they are told to',
    stack: REGION,
    type: 'AWS::S3::BucketPolicy',
    idPart: 'logsPolicy',
    plant: withoutAllowing('logging.s3.amazonaws.com'),
  },
  'a bucket that takes no flow logs': {
    rule: 'services may publish where they are told to',
    stack: REGION,
    type: 'AWS::S3::BucketPolicy',
    idPart: 'logsPolicy',
    plant: withoutAllowing('delivery.logs.amazonaws.com'),
  },
  'a bucket that takes no logs of the load balancer': {
    rule: 'services may publish where they are told to',
    stack: REGION,
    type: 'AWS::S3::BucketPolicy',
    idPart: 'logsPolicy',
    plant: withoutAllowing(':root'),
  },
  'a table that survives the rollback of its creation': survivor(
    'data',
    'AWS::DynamoDB::GlobalTable',
    'readings',
  ),
  'a table of one Region that does': survivor(REGION, 'AWS::DynamoDB::GlobalTable', 'aggregate'),
  'a bucket that does': survivor(REGION, 'AWS::S3::Bucket', 'uploads'),
  'a user pool that does': survivor('identity', 'AWS::Cognito::UserPool', ''),
  'an image repository that does': survivor('delivery', 'AWS::ECR::Repository', ''),
  'an access token that outlives its refresh token': {
    rule: 'no token outlives the refresh token',
    stack: 'identity',
    type: 'AWS::Cognito::UserPoolClient',
    idPart: 'machineclient',
    plant: (properties) => (properties['AccessTokenValidity'] = 1440),
  },
  'a target group that asks whether dependencies are up': {
    rule: 'tasks are replaced only when they are dead',
    stack: REGION,
    type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
    plant: (properties) => (properties['HealthCheckPath'] = '/health/ready'),
  },
  'tasks that start before they may fetch their secret': hurry('ExecutionRoleDefaultPolicy'),
  'tasks that start before there is a way out': hurry('DefaultRoute'),
  'tasks that start before they can reach the store': hurry('networkvpcdynamodb'),
};

/** Removes every permission of the principal with that name. */
function withoutAllowing(principal: string): Fault['plant'] {
  return (properties) => {
    const document = objectIn(properties, 'PolicyDocument');
    document['Statement'] = listOfObjects(document['Statement']).filter(
      (statement) => !JSON.stringify(statement['Principal']).includes(principal),
    );
  };
}

function hurry(idPart: string): Fault {
  return {
    rule: 'tasks wait for their rights and their way to AWS',
    stack: REGION,
    type: 'AWS::ECS::Service',
    plant: (_properties, resource) => {
      const awaited = resource['DependsOn'];
      if (!Array.isArray(awaited)) throw new TypeError('the service waits for one thing alone');
      resource['DependsOn'] = awaited.filter((id) => !String(id).includes(idPart));
    },
  };
}

function survivor(stack: string, type: string, idPart: string): Fault {
  return {
    rule: 'what has a fixed name does not survive a rolled back creation',
    stack,
    type,
    idPart,
    plant: (_properties, resource) => (resource['DeletionPolicy'] = 'Retain'),
  };
}
