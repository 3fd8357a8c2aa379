import { usePreferences } from '../shell/preferences.tsx';
import type { Aggregates } from './use-equipment.ts';

interface FiguresProps {
  readonly metrics: readonly string[];
  readonly hours: readonly Aggregates[];
}

/** What the hours of the range say together, and how complete they are. */
export function Figures({ metrics, hours }: FiguresProps) {
  const { t, formats } = usePreferences();
  return metrics.map((metric, index) => {
    const report = hours[index];
    if (!report || report.totalCount === 0) return null;
    const { average, totalCount, items, completeness } = report;
    const hoursThere = `${items.length} / ${(report.to - report.from) / 3600}`;
    return (
      <section key={metric} className="card card-body">
        <h2>{metric}</h2>
        <dl className="figures equipment-figures">
          <Figure
            name={t('figure.average')}
            value={average === null ? '–' : formats.number(average)}
          />
          <Figure
            name={t('figure.min')}
            value={formats.number(Math.min(...items.map(({ min }) => min)))}
          />
          <Figure
            name={t('figure.max')}
            value={formats.number(Math.max(...items.map(({ max }) => max)))}
          />
          <Figure name={t('figure.samples')} value={formats.count(totalCount)} />
          <Figure name={t('figure.hours')} value={hoursThere} />
          {completeness && (
            <>
              <Figure
                name={t('figure.silence')}
                value={formats.duration(completeness.largestGapSeconds * 1000)}
              />
              <Figure name={t('figure.late')} value={formats.count(completeness.lateCount)} />
            </>
          )}
        </dl>
      </section>
    );
  });
}

function Figure({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
