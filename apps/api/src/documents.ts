import type { INestApplication } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { BrowserAccess } from '@sensorflow/auth';
import { NEW_READING_COMPONENTS } from '@sensorflow/sensor-data/http/reading.schema.js';
import type { FastifyRequest } from 'fastify';
import type { ApiConfig } from './configuration.js';
import { forClients } from './client-schemas.js';
import { SERVICE } from './service-identity.js';

const DESCRIPTION = `Keeps sensor readings durably and shows exact hourly aggregates.

After a 2xx answer, every reading is durable unless the answer lists it as rejected. After any other
answer, it is safe to send the identical request again.

To try routes here as a user: Authorize with \`loginCredentials\`, then run \`POST /auth/login\`. The browser keeps
the session cookie that it sets and sends it by itself. Devices send an API key in \`X-API-Key\` (\`POST /api-keys\`).`;

/** How a machine comes by its token. */
function machineTokenAdvice(tokenEndpoint: string | undefined): string {
  const where = tokenEndpoint === undefined ? '' : `, from ${tokenEndpoint}`;
  return `The access token of a machine client: OAuth2 client credentials${where}.`;
}

/** The OpenAPI 3.1 document, generated from the controllers. */
export function createDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('SensorFlow')
    .setVersion(SERVICE.version)
    .setDescription(DESCRIPTION)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addApiKey(
      { type: 'apiKey', in: 'cookie', name: app.get(BrowserAccess, { strict: false }).cookie.name },
      'sessionCookie',
    )
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: machineTokenAdvice(
          app.get<ApiConfig>(ConfigService).get('COGNITO_AUTH_URI', { infer: true }),
        ),
      },
      'machineToken',
    )
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key' }, 'apiKey')
    .addApiKey({ type: 'apiKey', in: 'query', name: 'api-key' }, 'apiKeyInQuery')
    .addBasicAuth({ type: 'http', scheme: 'basic' }, 'loginCredentials')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (_controller, method) => method,
  });
  const schemas = { ...document.components?.schemas, ...NEW_READING_COMPONENTS };
  return forClients({ ...document, components: { ...document.components, schemas } });
}

/**
 * Swagger UI at /docs, the document itself at /openapi.json.
 *
 * @param originOf the server that the document names to a caller; unless given, the one that it comes from
 */
export function serveDocuments(
  app: INestApplication,
  originOf?: (request: FastifyRequest) => string,
): void {
  SwaggerModule.setup('docs', app, () => createDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'SensorFlow API',
    ...(originOf && {
      patchDocumentOnRequest: (request, _response, document) =>
        // The adapter is Fastify's.
        ({ ...document, servers: [{ url: originOf(request as FastifyRequest) }] }),
    }),
  });
}
