import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SCOPES, type Caller } from '@sensorflow/auth';
import { rememberCaller } from '@sensorflow/auth/http/auth.decorators.js';

/** In place of the guard, for a module without one: the header `x-caller` names who calls, `ada` unless said. */
export function trustCallerHeader(app: NestFastifyApplication): void {
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', (request, _reply, done) => {
      rememberCaller(request, callerNamed(String(request.headers['x-caller'] ?? 'ada')));
      done();
    });
}

/** `root` is an administrator; who ends in `-machine` is one. */
function callerNamed(username: string): Caller {
  const isAdmin = username === 'root';
  return {
    kind: username.endsWith('-machine') ? 'machine' : 'user',
    subject: `subject-of-${username}`,
    username,
    scopes: new Set(SCOPES.filter((scope) => isAdmin || scope !== 'sensorflow/admin')),
    expiresAtEpochSeconds: 4_102_444_800,
  };
}
