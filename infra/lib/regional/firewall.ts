import type { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';

/**
 * Logins of one address in five minutes, good ones included: many people may stand behind it. Wrong passwords are
 * counted more finely, by the API.
 */
export const LOGINS_PER_ADDRESS = 3000;
const WINDOW_SECONDS = 300;
/** Where a password is checked. */
const PASSWORD_PATHS = ['/auth/login', '/auth/password'];

/**
 * AWS WAF before the load balancer: addresses of ill repute, inputs known to be bad, floods of logins.
 * The common rule set stays out: it refuses bodies over 8 KiB, and batches have megabytes.
 */
export class Firewall extends Construct {
  constructor(scope: Construct, balancer: ApplicationLoadBalancer) {
    super(scope, 'firewall');
    const acl = new CfnWebACL(this, 'acl', {
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: visibility('firewall'),
      rules: [
        loginFloods(0),
        managed(1, 'AWSManagedRulesAmazonIpReputationList'),
        managed(2, 'AWSManagedRulesKnownBadInputsRuleSet'),
      ],
    });
    new CfnWebACLAssociation(this, 'association', {
      webAclArn: acl.attrArn,
      resourceArn: balancer.loadBalancerArn,
    });
  }
}

function loginFloods(priority: number): CfnWebACL.RuleProperty {
  return {
    name: 'login-floods',
    priority,
    action: { block: {} },
    visibilityConfig: visibility('login-floods'),
    statement: {
      rateBasedStatement: {
        aggregateKeyType: 'IP',
        limit: LOGINS_PER_ADDRESS,
        evaluationWindowSec: WINDOW_SECONDS,
        scopeDownStatement: {
          orStatement: { statements: PASSWORD_PATHS.map((path) => isPath(path)) },
        },
      },
    },
  };
}

function isPath(path: string): CfnWebACL.StatementProperty {
  return {
    byteMatchStatement: {
      fieldToMatch: { uriPath: {} },
      positionalConstraint: 'EXACTLY',
      searchString: path,
      textTransformations: [{ priority: 0, type: 'NONE' }],
    },
  };
}

function managed(priority: number, name: string): CfnWebACL.RuleProperty {
  return {
    name,
    priority,
    overrideAction: { none: {} },
    visibilityConfig: visibility(name),
    statement: { managedRuleGroupStatement: { vendorName: 'AWS', name } },
  };
}

function visibility(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName };
}
