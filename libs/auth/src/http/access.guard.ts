import { Injectable, Logger, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { DomainError } from '@sensorflow/kernel';
import { DeclaredPolicy } from './auth.decorators.js';
import { wasAuthenticated } from './current-session.js';

/**
 * Runs no handler for a request that RequestAuthenticator did not let in under the policy that the handler
 * declares, as when a route forgets to declare one. It authenticates nobody itself.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  private readonly logger = new Logger(AccessGuard.name);

  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const handler = context.getHandler();
    const policy = this.reflector.getAllAndOverride(DeclaredPolicy, [handler, context.getClass()]);
    if (policy !== undefined && context.getType() === 'http') {
      if (policy === 'public') return true;
      if (wasAuthenticated(context.switchToHttp().getRequest(), policy)) return true;
    }
    this.logger.error(`${context.getClass().name}.${handler.name} is behind no policy`);
    throw new DomainError('forbidden', 'route-without-policy', 'Nobody may call this route.');
  }
}
