import {
  readLanEnvironment,
  type ApiEnvironment,
  type LanEnvironment,
} from '@sensorflow/platform/config/environment.js';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Server } from 'node:https';
import type { Logger } from 'pino';
import { forwardToServices, isUpload, type ForwardedServices } from './forwarded-routes.js';
import { createHttpsListener, limitArrival, listenOn } from './https-listener.js';
import { requireHttps } from './https-required.js';
import { ReachableOrigin } from './reachable-origin.js';
import { showReachableUploads } from './reachable-uploads.js';
import { ServedCertificate } from './served-certificate.js';

/**
 * The API on a plant's network: everything by HTTPS, on a port of its own; by plain HTTP what devices without TLS need.
 * What listens on loopback alone is reached through it.
 */
export class LanAccess {
  private readonly certificate: ServedCertificate;
  private readonly origin: ReachableOrigin;
  private listener: Server | undefined;

  /** Throws what the system says of a certificate that cannot be read. */
  constructor(
    private readonly environment: LanEnvironment,
    private readonly services: ForwardedServices,
    private readonly logger: Logger,
  ) {
    const { LAN_CERTIFICATE_FILE, LAN_KEY_FILE, LAN_HOST, LAN_HTTPS_PORT } = environment;
    const files = { certificateFile: LAN_CERTIFICATE_FILE, keyFile: LAN_KEY_FILE };
    this.certificate = new ServedCertificate(files, logger);
    this.origin = new ReachableOrigin(this.certificate, LAN_HOST, LAN_HTTPS_PORT);
  }

  /** Behind the hooks that every answer needs, and before those that look at paths and credentials. */
  guard(server: FastifyInstance): void {
    server.addHook('onRequest', (_request, reply, done) => {
      // It would hold for every port and subdomain of this machine's name, for a year.
      void reply.removeHeader('strict-transport-security');
      done();
    });
    requireHttps(server, this.origin);
    limitArrival(server, (request) => isUpload(request, this.services.bucketName));
  }

  /** Behind all hooks. */
  serve(server: FastifyInstance): void {
    forwardToServices(server, this.services);
    showReachableUploads(server, this.services.s3Url, this.origin);
    this.listener = createHttpsListener(server, this.certificate);
  }

  /** The address that the answer to a request by HTTPS names. */
  originFor({ headers }: FastifyRequest): string {
    return this.origin.sameAs(headers.host);
  }

  async listen(server: FastifyInstance, host: string): Promise<void> {
    if (!this.listener) throw new Error('call serve first');
    await server.ready();
    await listenOn(this.listener, this.environment.LAN_HTTPS_PORT, host);
    this.logger.info({ port: this.environment.LAN_HTTPS_PORT, host }, 'listening by HTTPS');
  }
}

/** Undefined where the variables say nothing of a network. Throws ConfigurationError. */
export function lanAccessOf(
  variables: Readonly<Record<string, string | undefined>>,
  { S3_BUCKET_NAME: bucketName, UPLOAD_MAX_BYTES: maxUploadBytes }: ApiEnvironment,
  logger: Logger,
): LanAccess | undefined {
  const environment = readLanEnvironment(variables);
  if (!environment) return undefined;
  const { LAN_S3_URL: s3Url, LAN_TOKEN_URL: tokenUrl } = environment;
  return new LanAccess(environment, { s3Url, tokenUrl, bucketName, maxUploadBytes }, logger);
}
