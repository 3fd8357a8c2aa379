import { withEnvFile } from '@sensorflow/platform/config/env-file.js';
import { readHealthcheckEnvironment } from '@sensorflow/platform/config/environment.js';

// The container's own check, run inside it: exits with 0 while the API answers. It asks for life, not for
// readiness: a container that cannot reach its store is not cured by being replaced.
const { PORT } = readHealthcheckEnvironment(withEnvFile(process.env));
const isAlive = await fetch(`http://127.0.0.1:${PORT}/health/live`, {
  signal: AbortSignal.timeout(2000),
}).then(
  ({ ok }) => ok,
  () => false,
);
process.exit(isAlive ? 0 : 1);
