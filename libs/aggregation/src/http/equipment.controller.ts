import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequiresScope } from '@sensorflow/auth/http/auth.decorators.js';
import { DomainError } from '@sensorflow/kernel';
import { ApiProblem } from '@sensorflow/platform/http/api-problem.decorator.js';
import { decodeCursor, encodeCursor } from '@sensorflow/platform/http/cursor.js';
import { parseEquipmentId } from '@sensorflow/sensor-data';
import { KnownEquipment } from '../known-equipment.js';
import { EquipmentQueryTexts } from './equipment.query.js';
import { EquipmentPageView, toEquipmentView } from './equipment.view.js';

const DEFAULT_LIMIT = 100;
/** The limit is not part of it: the next page may have another size. */
const CURSOR_QUERY = { list: 'equipment' };

/** The equipment that has readings. */
@ApiTags('equipment')
@Controller('equipment')
export class EquipmentController {
  constructor(private readonly equipment: KnownEquipment) {}

  @Get()
  @RequiresScope('sensorflow/read')
  @ApiOperation({
    summary: 'List the equipment that has readings',
    description:
      'First and last reading are exact at the moment of the answer; new equipment and new metrics are listed seconds after their first reading. A page can be short of its limit; the list ends where nextCursor is null.',
  })
  @ApiOkResponse({ type: EquipmentPageView })
  @ApiProblem(400, 'invalid-request', 'cursor-invalid')
  @ApiProblem(503, 'store-unavailable')
  async listEquipment(@Query() texts: EquipmentQueryTexts): Promise<EquipmentPageView> {
    const limit = Number(texts.limit ?? DEFAULT_LIMIT);
    const after = texts.cursor === undefined ? {} : { after: positionIn(texts.cursor) };
    const { items, next } = await this.equipment.list({ limit, ...after });
    return {
      items: items.map(toEquipmentView),
      nextCursor: next === undefined ? null : encodeCursor(CURSOR_QUERY, [next]),
    };
  }
}

function positionIn(cursor: string): string {
  const parsed = parseEquipmentId(decodeCursor(cursor, CURSOR_QUERY)[0] ?? '');
  if (parsed.ok) return parsed.value;
  const detail = 'The cursor is not one that this service gave.';
  throw new DomainError('invalid', 'cursor-invalid', detail, {
    faults: [{ pointer: '/cursor', code: 'cursor-invalid', detail }],
  });
}
