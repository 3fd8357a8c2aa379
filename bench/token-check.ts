import { join } from 'node:path';
import { argumentsOrExit } from '../libs/platform/src/terminal/command.ts';
import { CLIENT_ID, Cloud, ISSUER } from './cloud.ts';
import { describeMachine } from './machine.ts';
import { machineText, table } from './report.ts';
import { ROOT } from './root.ts';
import { runToTheEnd } from './run-to-the-end.ts';
import { median } from './statistics.ts';

const USAGE = `Usage: npx node bench/token-check.ts

Prints what it costs to check a machine's token: by AuthGuard of @nestjs/passport, as a guard of every route would, and
as it is done, by a token that is remembered. Needs the build.`;

argumentsOrExit({ usage: USAGE, options: {}, places: 0 });

const ROUNDS = 7;
const built = (path: string) => import(join(ROOT, 'dist/libs', path));

/** The built product's checks, on keys and tokens of the benchmark's own pool. */
async function checks(cloud: Cloud) {
  await import('reflect-metadata');
  const { SystemClock } = await built('kernel/src/index.js');
  const { Authentication } = await built('auth/src/authentication.js');
  const { JwksKeySet } = await built('auth/src/cognito/jwks-key-set.js');
  const { JwtAuthGuard } = await built('auth/src/cognito/jwt-auth.guard.js');
  const { JwtStrategy } = await built('auth/src/cognito/jwt.strategy.js');
  const { PassportTokenVerifier } = await built('auth/src/cognito/passport-token-verifier.js');
  const clock = new SystemClock();
  const jwksUri = `${cloud.url}/jwks.json`;
  const issuers = new Set([ISSUER]);
  const keys = new JwksKeySet(jwksUri, clock, () => undefined);
  await keys.refresh();
  const strategyOptions = { name: 'bench', jwksUri, issuers, signingKeys: () => keys.all() };
  // Passport knows it by its name.
  const { name: defaultStrategy } = strategyOptions;
  Reflect.construct(JwtStrategy, [strategyOptions]);
  const guard = new JwtAuthGuard({ defaultStrategy });
  const policy = { clientId: '', machineClientIds: new Set([CLIENT_ID]), issuers };
  const verifier = new PassportTokenVerifier(keys, policy, guard, clock);
  const nobodyLoggedOut = { isEnded: () => false };
  const authentication = new Authentication(verifier, undefined, nobodyLoggedOut, clock);
  const token = cloud.machineToken();
  await authentication.authenticate(token);
  return {
    'by AuthGuard, in every request': async () => guard.claimsOf(token),
    'by AuthGuard, with the checks of shape and claims': async () => verifier.verify(token),
    'a token that is remembered': async () => authentication.recall(token),
  };
}

async function microsOf(check: () => Promise<unknown>, times: number): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < times; i += 1) await check();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}

async function main(): Promise<void> {
  const cloud = new Cloud();
  await cloud.start();
  const rows: (readonly string[])[] = [];
  for (const [name, check] of Object.entries(await checks(cloud))) {
    const times = name.startsWith('by') ? 2000 : 100_000;
    await microsOf(check, times);
    const micros: number[] = [];
    while (micros.length < ROUNDS) micros.push(await microsOf(check, times));
    rows.push([name, median(micros).toFixed(1)]);
  }
  cloud.stop();
  process.stdout.write(`${machineText(describeMachine())}\n\n${table(['how', 'CPU, µs'], rows)}\n`);
}

await runToTheEnd('The measurement', main);
