import { once } from 'node:events';
import {
  createServer,
  request as send,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Permission } from './policies.ts';
import { at, listOf, objectOf, textOf, type Json } from './templates.ts';

/** Where the gate leads, and how the role calls the tables that are there. */
export interface GateTarget {
  readonly dynamodb: string;
  readonly s3: string;
  readonly tableNames: ReadonlyMap<string, string>;
}

interface Call {
  readonly endpoint: string;
  /** `dynamodb:PutItem table/sensorflow-dev-readings`, `s3:GetObject uploads/reports/…` */
  readonly needs: readonly string[];
}

const OBJECT_ACTIONS: Readonly<Record<string, string>> = {
  GET: 's3:GetObject',
  HEAD: 's3:GetObject',
  PUT: 's3:PutObject',
  DELETE: 's3:DeleteObject',
};

/** IAM for the embedded stack: stands before DynamoDB and S3 and lets through what one role may do. */
export class RoleGate {
  /** What was asked for and let through. */
  readonly used = new Set<string>();
  private target: GateTarget | undefined;

  private constructor(
    private readonly server: Server,
    private readonly permissions: readonly Permission[],
    private readonly onRefused: (need: string) => void,
  ) {}

  static async start(
    permissions: readonly Permission[],
    onRefused: (need: string) => void,
  ): Promise<RoleGate> {
    const server = createServer();
    const gate = new RoleGate(server, permissions, onRefused);
    server.on('request', (request, response) => void gate.answer(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return gate;
  }

  /** For processes that are started before what stands behind the gate. */
  open(target: GateTarget): void {
    this.target = target;
  }

  variables(): Readonly<Record<string, string>> {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('the gate is closed');
    const url = `http://127.0.0.1:${address.port}`;
    return { AWS_ENDPOINT_URL_DYNAMODB: url, AWS_ENDPOINT_URL_S3: url };
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    if (this.target === undefined) return void response.writeHead(503).end();
    const { endpoint, needs } = callOf(request, body, this.target);
    const missing = needs.filter((need) => !this.allows(need));
    for (const need of missing) this.onRefused(need);
    if (missing.length > 0) return refuse(response);
    for (const need of needs) this.used.add(need);
    forward(request, body, endpoint, response);
  }

  private allows(need: string): boolean {
    const [action = '', resource = ''] = need.split(' ');
    return this.permissions.some(
      (one) => one.action === action && one.resources.some((granted) => covers(granted, resource)),
    );
  }
}

/** `table/…` of an ARN, `uploads/…` of objects in the bucket of that name. */
export function shortened(resource: string): string {
  return resource.replace(/^arn:.*:(?=table\/)/, '').replace(/^<(uploads)[^>]*>/, '$1');
}

function covers(granted: string, resource: string): boolean {
  const pattern = shortened(granted);
  return pattern.endsWith('*') ? resource.startsWith(pattern.slice(0, -1)) : resource === pattern;
}

function callOf(request: IncomingMessage, body: Buffer, target: GateTarget): Call {
  const operation = /^DynamoDB_\d+\.(\w+)$/.exec(String(request.headers['x-amz-target']))?.[1];
  if (operation === undefined) return { endpoint: target.s3, needs: [s3NeedOf(request)] };
  const input: Json = JSON.parse(body.toString());
  const needs = resourcesIn(input, target).map((resource) => `dynamodb:${operation} ${resource}`);
  return { endpoint: target.dynamodb, needs };
}

function resourcesIn(input: Json, { tableNames }: GateTarget): readonly string[] {
  const tables = at(input, 'TableName') ?? Object.keys(objectOf(at(input, 'RequestItems')));
  const index = at(input, 'IndexName');
  return listOf(tables).map((table) => {
    const resource = `table/${tableNames.get(textOf(table))}`;
    return index === undefined ? resource : `${resource}/index/${textOf(index)}`;
  });
}

/** Paths are `/<bucket>/<key>`; a presigned URL does what its signer may do. */
function s3NeedOf({ method = '', url = '' }: IncomingMessage): string {
  const [, , ...key] = new URL(url, 'http://gate').pathname.split('/');
  return `${OBJECT_ACTIONS[method]} ${['uploads', ...key].join('/')}`;
}

function refuse(response: ServerResponse): void {
  const __type = 'com.amazonaws.dynamodb.v20120810#AccessDeniedException';
  response.writeHead(403, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify({ __type, message: 'The role does not allow it.' }));
}

/** With its headers as they are: signatures cover the host that was called. */
function forward(
  request: IncomingMessage,
  body: Buffer,
  endpoint: string,
  response: ServerResponse,
): void {
  const { method, headers } = request;
  const passed = send(new URL(request.url ?? '/', endpoint), { method, headers }, (reply) => {
    response.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(response);
  });
  passed.on('error', () => response.destroy());
  passed.end(body);
}
