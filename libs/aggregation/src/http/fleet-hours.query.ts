import { PickType } from '@nestjs/swagger';
import { AggregatesQuery } from './aggregates.query.js';

/** The query string of the fleet's hours, as it is documented. */
export class FleetHoursQuery extends PickType(AggregatesQuery, [
  'interval',
  'from',
  'to',
  'metric',
] as const) {}
