import { useMemo } from 'react';
import { usePreferences } from '../shell/preferences.tsx';
import { withRange, type TimeRange } from '../time/range.ts';
import { useNow } from '../time/use-now.ts';
import { gapsBetween, missingHours, type Gap } from './gaps.ts';
import type { Aggregates, Reading } from './use-equipment.ts';

const MOST_SHOWN = 5;
/** So that both ends are seen. */
const MARGIN = 0.25;
const SHORTEST_MARGIN_MS = 60_000;
const CLOCK_MS = 30_000;

interface GapsProps {
  readonly metrics: readonly string[];
  readonly hours: readonly Aggregates[];
  readonly readings: readonly Reading[] | null;
  readonly range: TimeRange;
  readonly parameters: URLSearchParams;
  readonly onChange: (parameters: URLSearchParams) => void;
}

/** When there were no readings, for how long, and a way to look at each. */
export function Gaps({ metrics, hours, readings, range, parameters, onChange }: GapsProps) {
  const { t, formats } = usePreferences();
  const now = useNow(CLOCK_MS);
  const end = Math.min(range.toEpochMs, now);
  const gaps = useMemo(
    () => gapsOf(metrics, hours, readings, end),
    [metrics, hours, readings, end],
  );
  if (gaps === undefined) return null;
  if (gaps.length === 0) return <p className="quiet">{t('gaps.none')}</p>;
  return (
    <section className="card card-body" aria-label={t('gaps.title')}>
      <h2>{t('gaps.title')}</h2>
      <ul className="gaps">
        {gaps.slice(0, MOST_SHOWN).map((gap) => (
          <li key={gap.fromEpochMs}>
            <strong>{formats.duration(gap.toEpochMs - gap.fromEpochMs)}</strong>
            <span>
              {formats.instant(gap.fromEpochMs)} – {formats.instant(gap.toEpochMs)}
            </span>
            <button
              type="button"
              className="button button-small"
              onClick={() => onChange(withRange(parameters, around(gap)))}
            >
              {t('gaps.zoom')}
              <span className="visually-hidden"> {formats.instant(gap.fromEpochMs)}</span>
            </button>
          </li>
        ))}
      </ul>
      {gaps.length > MOST_SHOWN && (
        <p className="quiet small">{t('gaps.more', { count: gaps.length - MOST_SHOWN })}</p>
      )}
    </section>
  );
}

/** Undefined where nothing was there at all. */
function gapsOf(
  metrics: readonly string[],
  hours: readonly Aggregates[],
  readings: readonly Reading[] | null,
  end: number,
): readonly Gap[] | undefined {
  if (readings) {
    const shown = readings.filter(({ values }) => metrics.some((metric) => metric in values));
    const instants = shown.map(({ timestamp }) => Date.parse(timestamp));
    return instants.length === 0 ? undefined : gapsBetween(instants, end);
  }
  const starts = new Set(
    hours.flatMap(({ items }) => items.map(({ intervalStart }) => intervalStart * 1000)),
  );
  if (starts.size === 0) return undefined;
  return missingHours(
    [...starts].toSorted((a, b) => a - b),
    end,
  );
}

function around({ fromEpochMs, toEpochMs }: Gap): Gap {
  const margin = Math.max(SHORTEST_MARGIN_MS, MARGIN * (toEpochMs - fromEpochMs));
  return { fromEpochMs: fromEpochMs - margin, toEpochMs: toEpochMs + margin };
}
