import type { Configuration, Delivery, Deployment } from './deployment.ts';
import { faultIf } from './fault-if.ts';
import { prefix } from './names.ts';

/** What Lambda keeps for functions that reserve nothing. */
const UNRESERVED_CONCURRENCY = 100;
const EXAMPLE_DOMAIN = /(^|\.)example\.(com|net|org)$/;
const RESERVED_WORD = /aws|amazon|cognito/;

/** Faults that only AWS would refuse, when most of an environment has been created, or that would go unnoticed. */
export function firstDeploymentFaults(configuration: Configuration): readonly string[] {
  const { deployment, delivery } = configuration;
  return [
    ...alarmFaults(deployment),
    ...quotaFaults(deployment),
    ...authDomainFaults(deployment),
    ...deliveryFaults(deployment, delivery),
    ...leftExamples(configuration),
  ];
}

function alarmFaults({ keepsData, alarmEmail }: Deployment): readonly string[] {
  if (alarmEmail === undefined) {
    return faultIf(
      keepsData,
      'alarmEmail: missing; an environment that keeps its data tells somebody of its alarms',
    );
  }
  return faultIf(
    !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(alarmEmail),
    `alarmEmail: ${alarmEmail} is no mail address`,
  );
}

function quotaFaults(deployment: Deployment): readonly string[] {
  const { reservedConcurrency = 0, accountConcurrency, concurrentImports } = deployment;
  const reservable = Math.max(0, (accountConcurrency ?? 0) - UNRESERVED_CONCURRENCY);
  const shared = (accountConcurrency ?? Number.POSITIVE_INFINITY) - reservedConcurrency;
  return [
    ...faultIf(
      reservedConcurrency > reservable,
      `reservedConcurrency: at most accountConcurrency − ${UNRESERVED_CONCURRENCY}, here ${reservable}; ` +
        'leave it out until Lambda’s quota for the account is raised',
    ),
    ...faultIf(
      concurrentImports >= shared,
      `concurrentImports: fewer than the ${shared} executions that all functions of the account share`,
    ),
  ];
}

/** Unless it is given, the environment's name is part of it. */
function authDomainFaults({ name, authDomainPrefix }: Deployment): readonly string[] {
  if (authDomainPrefix === undefined) {
    return faultIf(
      RESERVED_WORD.test(prefix(name)),
      'name: without aws, amazon or cognito, which Cognito allows in no domain; or set authDomainPrefix',
    );
  }
  return faultIf(
    !/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(authDomainPrefix) ||
      RESERVED_WORD.test(authDomainPrefix),
    'authDomainPrefix: 1 to 63 lower case letters, digits and inner hyphens, without aws, amazon or cognito',
  );
}

/** Tasks pull from their own Region, and GitHub's roles deploy to these Regions alone. */
function deliveryFaults({ regions }: Deployment, delivery: Delivery): readonly string[] {
  const { region, replicaRegions, githubRepository } = delivery;
  const without = regions.filter((one) => ![region, ...replicaRegions].includes(one));
  return [
    ...faultIf(
      without.length > 0,
      `regions: no images in ${without.join(', ')}; add it to replicaRegions in environments/delivery.ts`,
    ),
    ...faultIf(
      replicaRegions.includes(region) || new Set(replicaRegions).size < replicaRegions.length,
      `replicaRegions: each once, and without ${region}, where images are pushed to`,
    ),
    ...faultIf(
      !/^[\w.-]+\/[\w.-]+$/.test(githubRepository),
      'githubRepository: owner/name, as GitHub spells it',
    ),
  ];
}

/** Somebody else owns what an example names: its domain, or the repository that deploy roles would trust. */
function leftExamples(configuration: Configuration): readonly string[] {
  const { deployment, delivery, acceptsExamples = false } = configuration;
  const { domainName, hostedZone, frontendUrl, alarmEmail, authDomainPrefix } = deployment;
  const isExample = EXAMPLE_DOMAIN.test(domainName);
  if (isExample && acceptsExamples) return [];
  const values = {
    hostedZone: `${hostedZone.id} ${hostedZone.name}`,
    frontendUrl,
    alarmEmail,
    authDomainPrefix,
    githubRepository: /^example\//i.exec(delivery.githubRepository)?.input,
  };
  const left = Object.entries(values).filter(([, value]) => /example/i.test(value ?? ''));
  return [...(isExample ? [['domainName', domainName]] : []), ...left].map(
    ([field, value]) => `${field}: ${value} is still the example's; put in your own`,
  );
}
