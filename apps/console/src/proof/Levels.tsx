import { usePreferences } from '../shell/preferences.tsx';
import type { Outcome } from './verification-run.ts';

const LEVELS = ['slot', 'equipment-hour', 'shard-hour', 'fleet-hour'] as const;
type Level = (typeof LEVELS)[number];

/** Totals of many equipment are compared only when all of it is. */
const OF_ALL = new Set<Level>(['shard-hour', 'fleet-hour']);

/** From readings to the totals of all equipment: what each level is calculated from, and whether it is right. */
export function Levels({ outcome }: { readonly outcome: Outcome | undefined }) {
  const { t } = usePreferences();
  return (
    <ol className="proof-levels">
      <li>
        <strong>{t('proof.level.reading')}</strong>
        <span className="quiet small">{t('proof.level.reading.text')}</span>
      </li>
      {LEVELS.map((level) => (
        <li key={level}>
          <strong>{t(`proof.level.${level}`)}</strong>
          <span className="quiet small">{t(`proof.level.${level}.text`)}</span>
          {outcome && <LevelVerdict level={level} outcome={outcome} />}
        </li>
      ))}
    </ol>
  );
}

function LevelVerdict({ level, outcome }: { readonly level: Level; readonly outcome: Outcome }) {
  const { t } = usePreferences();
  const { asked, checked, differences } = outcome;
  if (checked === 0 || (asked.equipmentId !== '' && OF_ALL.has(level))) {
    return <span className="state state-unknown">{t('proof.level.unchecked')}</span>;
  }
  const count = differences.filter((each) => each.level === level).length;
  if (count === 0) return <span className="state state-on-time">{t('proof.level.right')}</span>;
  return <span className="state state-silent">{t('proof.level.wrong', { count })}</span>;
}
