import { declareEmbeddedStack } from '@sensorflow/platform/config/embedded-stack.js';

/**
 * Preloaded into the API's process: when the supervisor is gone, however it went, the API drains and
 * ends, so that nothing is left behind. The API itself knows nothing of it, but that it is part of the stack.
 */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
if (process.channel) {
  // The channel alone is no reason to stay alive.
  process.channel.unref();
  declareEmbeddedStack();
}
