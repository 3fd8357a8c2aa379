import 'reflect-metadata';
import { ConfigService } from '@nestjs/config';
import { DiscoveryService, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AuthService } from '@sensorflow/auth/auth.service.js';
import { JwtAuthGuard } from '@sensorflow/auth/cognito/jwt-auth.guard.js';
import { JwtStrategy } from '@sensorflow/auth/cognito/jwt.strategy.js';
import { routesWithoutPolicy } from '@sensorflow/auth/http/routes-without-policy.js';
import { readApiEnvironment } from '@sensorflow/platform/config/environment.js';
import { createLogger } from '@sensorflow/platform/logging/logger.js';
import { SensorDataService } from '@sensorflow/sensor-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppModule } from './app.module.js';
import { configurationOf, type ApiConfig } from './configuration.js';
import { configureApp, createHttpAdapter } from './configure-app.js';
import { createDocument } from './documents.js';
import { NOWHERE } from './nowhere.js';

const environment = readApiEnvironment(NOWHERE);

let app: NestFastifyApplication;
const routes: string[] = [];

beforeAll(async () => {
  const logger = createLogger('silent');
  app = await NestFactory.create<NestFastifyApplication>(
    AppModule.from(configurationOf(environment), logger),
    createHttpAdapter(environment, logger),
    { logger: false, bodyParser: false },
  );
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRoute', ({ method, url }) => {
      for (const name of [method].flat()) routes.push(`${name} ${url}`);
    });
  configureApp(app);
  await app.init();
});

afterAll(async () => {
  await app.close();
});

describe('the application', () => {
  it('has the parts of a Nest application under their usual names', () => {
    const parts = [AuthService, JwtStrategy, JwtAuthGuard, SensorDataService, ConfigService];
    const controllers = app.get(DiscoveryService, { strict: false }).getControllers();

    expect(parts.filter((part) => !app.get(part, { strict: false }))).toEqual([]);
    expect(controllers.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['AuthController', 'SensorDataController', 'HealthController']),
    );
  });

  it('has its configuration for everybody, validated', () => {
    const config = app.get<ApiConfig>(ConfigService);

    expect(config.get('PORT', { infer: true })).toBe(3000);
    expect(config.get('COGNITO_ISSUERS', { infer: true })).toEqual(environment.COGNITO_ISSUERS);
  });
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
