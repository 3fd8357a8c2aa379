import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { api, body } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { Notice, Problem } from '../design/Notice.tsx';
import { usePreferences } from '../shell/preferences.tsx';

const LOOK_EVERY_MS = 2000;

interface ArrivalProps {
  readonly equipmentId: string;
  /** What came before is not what is waited for. */
  readonly sinceEpochMs: number;
}

/** Waits for a reading of the equipment, and shows it as it arrives. */
export function Arrival({ equipmentId, sinceEpochMs }: ArrivalProps) {
  const { t, formats } = usePreferences();
  const { data, error } = useQuery({
    queryKey: ['arrival', equipmentId],
    queryFn: ({ signal }) => latestOf(equipmentId, signal),
    refetchInterval: LOOK_EVERY_MS,
  });
  if (error && data === undefined) return <Problem error={error} />;
  if (!data || Date.parse(data.registerTime) < sinceEpochMs) {
    return (
      <p className="quiet waiting" role="status">
        {t('first.waiting', { equipmentId })}
      </p>
    );
  }
  const values = Object.entries(data.values);
  return (
    <Notice title={t('first.arrived')}>
      <p>
        {formats.instant(Date.parse(data.timestamp))}{' '}
        {values.map(([metric, value]) => `${metric} ${formats.exactNumber(value)}`).join(', ')}
      </p>
      <Link href={`/equipment/${equipmentId}`} className="button">
        {t('first.open', { equipmentId })}
      </Link>
    </Notice>
  );
}

async function latestOf(equipmentId: string, signal: AbortSignal) {
  const params = { path: { equipmentId } };
  try {
    return await body(api.GET('/sensor-data/{equipmentId}/latest', { params, signal }));
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null;
    throw error;
  }
}
