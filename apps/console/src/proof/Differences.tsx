import { Link } from 'wouter';
import { DataTable, type Column } from '../design/DataTable.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import type { Difference } from './verification-run.ts';

/** More than anybody reads; repairing takes care of all. */
const MOST_SHOWN = 200;
const SLOT_MS = 300_000;
const HOUR_MS = 3_600_000;

/** Each wrong number beside the right one. */
export function Differences({ differences }: { readonly differences: readonly Difference[] }) {
  const { t } = usePreferences();
  const columns = useColumns();
  return (
    <>
      <DataTable
        isList
        caption={t('proof.differences')}
        columns={columns}
        rows={differences.slice(0, MOST_SHOWN)}
        keyOf={(each) =>
          [
            each.level,
            each.equipmentId,
            each.shard,
            each.metric,
            each.intervalStart,
            each.field,
          ].join(' ')
        }
      />
      {differences.length > MOST_SHOWN && (
        <p className="quiet">{t('proof.first', { count: MOST_SHOWN })}</p>
      )}
    </>
  );
}

function useColumns(): readonly Column<Difference>[] {
  const { t, formats } = usePreferences();
  return [
    {
      id: 'level',
      title: t('proof.column.level'),
      isHeading: true,
      show: ({ level }) => t(`proof.level.${level}`),
    },
    {
      id: 'equipment',
      title: t('overview.column.equipment'),
      show: (difference) => <EquipmentOf difference={difference} />,
    },
    { id: 'metric', title: t('equipment.column.metric'), show: ({ metric }) => metric },
    {
      id: 'hour',
      title: t('proof.column.start'),
      kind: 'fit',
      show: ({ intervalStart }) => formats.instant(intervalStart * 1000),
    },
    {
      id: 'field',
      title: t('proof.column.field'),
      show: ({ field }) => t(`proof.field.${field}`),
    },
    {
      id: 'stored',
      title: t('proof.column.stored'),
      kind: 'number',
      show: ({ stored }) => stored ?? t('proof.notStored'),
    },
    {
      id: 'recomputed',
      title: t('proof.column.recomputed'),
      kind: 'number',
      show: ({ recomputed }) => recomputed ?? t('proof.noReadings'),
    },
  ];
}

/** Leads to the readings of that time. */
function EquipmentOf({ difference }: { readonly difference: Difference }) {
  const { t } = usePreferences();
  const { level, equipmentId, shard, metric, intervalStart } = difference;
  if (equipmentId === null) {
    return shard === null ? t('app.all') : t('proof.part', { number: shard + 1 });
  }
  const start = intervalStart * 1000;
  const query = new URLSearchParams({
    metrics: metric,
    from: new Date(start).toISOString(),
    to: new Date(start + (level === 'slot' ? SLOT_MS : HOUR_MS)).toISOString(),
  });
  return <Link href={`/equipment/${equipmentId}?${query}`}>{equipmentId}</Link>;
}
