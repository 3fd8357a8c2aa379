import type { Deployment } from './deployment.ts';

/** What Lambda keeps for functions that reserve nothing. */
const UNRESERVED_CONCURRENCY = 100;
const EXAMPLE_DOMAIN = /(^|\.)example\.(com|net|org)$/;

/** What only AWS would refuse, when most of an environment has been created, or nobody would notice. */
export function firstDeploymentFaults(deployment: Deployment): readonly string[] {
  return [...alarmFaults(deployment), ...quotaFaults(deployment), ...leftExamples(deployment)];
}

function alarmFaults({ keepsData, alarmEmail }: Deployment): readonly string[] {
  if (alarmEmail === undefined) {
    return keepsData
      ? ['alarmEmail: missing; an environment that keeps its data tells somebody of its alarms']
      : [];
  }
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(alarmEmail)
    ? []
    : [`alarmEmail: ${alarmEmail} is no mail address`];
}

function quotaFaults(deployment: Deployment): readonly string[] {
  const { authDomainPrefix, reservedConcurrency = 0, accountConcurrency = 0 } = deployment;
  const reservable = Math.max(0, accountConcurrency - UNRESERVED_CONCURRENCY);
  const faults: string[] = [];
  if (reservedConcurrency > reservable) {
    faults.push(
      `reservedConcurrency: at most accountConcurrency − ${UNRESERVED_CONCURRENCY}, here ${reservable}; ` +
        'leave it out until Lambda’s quota for the account is raised',
    );
  }
  if (authDomainPrefix !== undefined && !isDomainPrefix(authDomainPrefix)) {
    faults.push(
      'authDomainPrefix: 1 to 63 lower case letters, digits and inner hyphens, without aws, amazon or cognito',
    );
  }
  return faults;
}

function isDomainPrefix(text: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text) && !/aws|amazon|cognito/.test(text);
}

/** With a domain of your own, no other value is the example's: somebody else owns it. */
function leftExamples(deployment: Deployment): readonly string[] {
  const {
    domainName,
    hostedZone,
    frontendUrl,
    alarmEmail = '',
    authDomainPrefix = '',
  } = deployment;
  if (EXAMPLE_DOMAIN.test(domainName)) return [];
  const values = {
    hostedZone: `${hostedZone.id} ${hostedZone.name}`,
    frontendUrl,
    alarmEmail,
    authDomainPrefix,
  };
  return Object.entries(values)
    .filter(([, value]) => /example/i.test(value))
    .map(([field, value]) => `${field}: ${value} is still the example's; put in your own`);
}
