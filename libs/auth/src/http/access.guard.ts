import { Injectable, Logger, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { DomainError } from '@sensorflow/kernel';
import { Admission } from './admission.js';
import { DeclaredPolicy, type RoutePolicy } from './auth.decorators.js';

/** Stands before every route: without a declared policy, an identity and the scope nobody gets in. */
@Injectable()
export class AccessGuard implements CanActivate {
  private readonly logger = new Logger(AccessGuard.name);

  constructor(
    private readonly reflector: Reflector,
    private readonly admission: Admission,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const policy = this.policyOf(context);
    const http = context.switchToHttp();
    const admitted = this.admission.admit(http.getRequest(), http.getResponse(), policy);
    return admitted ? admitted.then(() => true) : true;
  }

  private policyOf(context: ExecutionContext): RoutePolicy {
    const policy = this.reflector.getAllAndOverride(DeclaredPolicy, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (policy !== undefined && context.getType() === 'http') return policy;
    this.logger.error(`${context.getClass().name}.${context.getHandler().name} declares no policy`);
    throw new DomainError('forbidden', 'route-without-policy', 'Nobody may call this route.');
  }
}
