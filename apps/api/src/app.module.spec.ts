import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { routesWithoutPolicy } from '@sensorflow/auth/http/routes-without-policy.js';
import { readApiEnvironment } from '@sensorflow/platform/config/environment.js';
import { createLogger } from '@sensorflow/platform/logging/logger.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppModule } from './app.module.js';
import { configureApp, createHttpAdapter } from './configure-app.js';
import { createDocument } from './documents.js';
import { NOWHERE } from './nowhere.js';

const environment = readApiEnvironment(NOWHERE);

let app: NestFastifyApplication;
const routes: string[] = [];

beforeAll(async () => {
  const logger = createLogger('silent');
  app = await NestFactory.create<NestFastifyApplication>(
    AppModule.from(environment, logger),
    createHttpAdapter(environment, logger),
    { logger: false, bodyParser: false },
  );
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRoute', ({ method, url }) => {
      for (const name of [method].flat()) routes.push(`${name} ${url}`);
    });
  configureApp(app, environment);
  await app.init();
});

afterAll(async () => {
  await app.close();
});

describe('the router', () => {
  it('has no route that says nothing of who may call it', () => {
    expect(routesWithoutPolicy(app)).toEqual([]);
  });

  it('has no route but those of the document, the document itself and the console', () => {
    const documented = Object.entries(createDocument(app).paths).flatMap(([path, item]) =>
      Object.keys(item).map(
        (method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
      ),
    );
    const own = routes.filter(
      (route) =>
        !/^(HEAD|OPTIONS) /.test(route) &&
        !/ \/(console|docs|openapi\.(json|yaml))(\/|$)/.test(route),
    );

    expect(documented.length).toBeGreaterThan(10);
    expect(own.toSorted()).toEqual(documented.toSorted());
  });
});
