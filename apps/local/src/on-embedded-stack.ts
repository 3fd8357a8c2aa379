import { declareEmbeddedStack } from '@sensorflow/platform/config/embedded-stack.js';

/** Preloaded into the API's process by its supervisor, which has a channel to it: nobody else does that. */
if (process.channel) declareEmbeddedStack();
