import { Tags, Validations, type App, type Stack } from 'aws-cdk-lib';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { AwsSolutionsChecks } from 'cdk-nag';
import { acknowledgeFindings } from './acknowledgements.ts';
import { checkDeployment } from './check-deployment.ts';
import { DataStack } from './data-stack.ts';
import { DeliveryStack } from './delivery-stack.ts';
import { runbookUrl, type Configuration } from './deployment.ts';
import { IdentityStack } from './identity-stack.ts';
import { IMAGE_REPOSITORY, prefix } from './names.ts';
import { RegionalStack } from './regional-stack.ts';

export interface BuildOptions extends Configuration {
  /** Folder with the Lambda functions' bundles. */
  readonly bundles: string;
  readonly image: ImageSource;
  /** Nothing is protected, so that a failure leaves nothing behind which the next attempt would meet. */
  readonly isFirstDeployment?: boolean;
}

/** An image that was pushed before, or the folder of a Dockerfile that `cdk deploy` builds. */
export type ImageSource = { readonly digest: string } | { readonly folder: string };

/** Adds all stacks of one environment, and what they are checked for. Throws for one that is not usable. */
export function buildApp(app: App, options: BuildOptions): void {
  const { delivery, bundles, image, isFirstDeployment = false } = options;
  checkDeployment(options);
  const deployment = isFirstDeployment
    ? { ...options.deployment, isProtected: false }
    : options.deployment;
  const name = prefix(deployment.name);
  const [primary, ...others] = deployment.regions;
  const at = (region: string, stackName: string) => ({
    stackName,
    env: { region },
    crossRegionReferences: others.length > 0,
    terminationProtection: deployment.isProtected,
  });
  new DeliveryStack(app, 'delivery', delivery, {
    stackName: 'sensorflow-delivery',
    env: { region: delivery.region },
    terminationProtection: !isFirstDeployment,
  });
  const data = new DataStack(app, 'data', deployment, at(primary, `${name}-data`));
  const { identity } = new IdentityStack(
    app,
    'identity',
    deployment,
    at(primary, `${name}-identity`),
  );
  for (const region of deployment.regions) {
    const stack = new RegionalStack(app, region, {
      ...at(region, `${name}-${region}`),
      deployment,
      data,
      identity,
      bundles,
      image: (scope) => containerImage(scope, image),
      runbook: runbookUrl(delivery),
    });
    // Replicas and the client's secret are known by name alone.
    stack.addStackDependency(data);
  }
  Tags.of(app).add('application', 'sensorflow');
  acknowledgeFindings(app);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}

/** By digest: what was tested is what runs, whatever a tag says meanwhile. */
function containerImage(stack: Stack, source: ImageSource): ContainerImage {
  if ('folder' in source) {
    return ContainerImage.fromAsset(source.folder, {
      platform: Platform.LINUX_ARM64,
      exclude: ['**/node_modules', '.git', '.sensorflow', 'dist', 'infra', 'bench', 'test'],
    });
  }
  const repository = Repository.fromRepositoryName(stack, 'images', IMAGE_REPOSITORY);
  return ContainerImage.fromEcrRepository(repository, source.digest);
}
