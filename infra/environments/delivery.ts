import type { Delivery } from '../lib/deployment.ts';

/** Who may deploy, and where images lie. The same for all environments of an account. */
export const delivery: Delivery = {
  region: 'eu-central-1',
  githubRepository: 'example/sensorflow',
  environments: ['dev', 'prod'],
  replicaRegions: ['eu-west-1'],
};
