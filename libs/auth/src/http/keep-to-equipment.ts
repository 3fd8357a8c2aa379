import { member } from '@sensorflow/platform/aws/json-member.js';
import type { FastifyRequest } from 'fastify';
import type { EquipmentRestriction } from '../equipment-restriction.js';

/**
 * Throws DomainError `forbidden` (`equipment-forbidden`) unless the request is about equipment of the caller's
 * own, or its route says that its handler sees to it. A route that says nothing of equipment is refused: a
 * new one cannot forget the restriction.
 */
export function keepToEquipment(request: FastifyRequest, restriction: EquipmentRestriction): void {
  const inPath = member(request.params, 'equipmentId');
  if (typeof inPath === 'string') return restriction.assertAllows(inPath);
  const { equipment } = request.routeOptions.config;
  if (equipment === 'by-handler') return undefined;
  if (equipment !== 'in-query') return restriction.refuseAll('It cannot be used for this route.');
  const inQuery = member(request.query, 'equipmentId');
  if (typeof inQuery === 'string') return restriction.assertAllows(inQuery);
  return restriction.refuseAll('Name one of it: add equipmentId to the query, once.');
}
