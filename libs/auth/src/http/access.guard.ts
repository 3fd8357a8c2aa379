import { Injectable, Logger, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { DomainError } from '@sensorflow/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuditTrail } from '../audit/audit-trail.js';
import { auditRequest, type AuditedAction } from './audited-request.js';
import { callerOf, DeclaredAudit, DeclaredPolicy, type RoutePolicy } from './auth.decorators.js';
import { authenticationOf } from './current-session.js';

/** What a handler says of itself. */
interface Declarations {
  readonly policy: RoutePolicy | undefined;
  readonly audited: AuditedAction | undefined;
}

/**
 * Runs no handler for a request that RequestAuthenticator did not let in under the policy that the handler
 * declares, as when a route forgets to declare one; and none that is audited without its row. It
 * authenticates nobody itself.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  private readonly logger = new Logger(AccessGuard.name);
  private readonly declarations = new WeakMap<object, Declarations>();

  constructor(
    private readonly reflector: Reflector,
    private readonly trail: AuditTrail,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const { policy, audited } = this.declarationsOf(context);
    if (policy === undefined || context.getType() !== 'http') return this.refuse(context);
    if (policy === 'public') return true;
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const caller = callerOf(request);
    if (!caller || authenticationOf(request)?.policy !== policy) return this.refuse(context);
    if (!audited) return true;
    const reply = http.getResponse<FastifyReply>();
    return auditRequest(this.trail, audited, caller, request, reply).then(() => true);
  }

  private declarationsOf(context: ExecutionContext): Declarations {
    const handler = context.getHandler();
    const known = this.declarations.get(handler);
    if (known) return known;
    const policy = this.reflector.getAllAndOverride(DeclaredPolicy, [handler, context.getClass()]);
    const declared = { policy, audited: this.reflector.get(DeclaredAudit, handler) };
    this.declarations.set(handler, declared);
    return declared;
  }

  private refuse(context: ExecutionContext): never {
    const route = `${context.getClass().name}.${context.getHandler().name}`;
    this.logger.error(`${route} is behind no policy`);
    throw new DomainError('forbidden', 'route-without-policy', 'Nobody may call this route.');
  }
}
