import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SCOPES } from '@sensorflow/auth';
import { rememberCaller } from '@sensorflow/auth/http/auth.decorators.js';

/** Every request comes from a caller who may do everything: for controllers without the auth module. Before `init`. */
export function withKnownCaller(app: NestFastifyApplication, subject = 'subject-1'): void {
  const caller = {
    kind: 'user',
    subject,
    username: 'user-1',
    scopes: new Set(SCOPES),
    expiresAtEpochSeconds: Infinity,
  } as const;
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', (request, _reply, done) => {
      rememberCaller(request, caller);
      done();
    });
}
